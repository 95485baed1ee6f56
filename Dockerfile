# One image, three commands:
#   python -m gateway              the data plane
#   python -m gateway.management   the services API
#   python -m scaler run           the autoscaler
#
# CPython 3.14 is the fastest for which all dependencies have wheels. The digest is that of
# python:3.14-slim-bookworm (3.14.7, for all platforms) as docker-library's repo-info had it in August
# 2026. For a newer one:
#   docker buildx imagetools inspect python:3.14-slim-bookworm
ARG BASE=python:3.14-slim-bookworm@sha256:8e729c1805fb85b93e435f6c0ba67069e1b2cfd1ce4f72a9481f6a737434b46b

FROM ${BASE} AS build
RUN python -m venv --without-pip /venv
COPY requirements.txt requirements-build.txt /src/
# Wheels alone, each by its digest: nothing is compiled, and no file but those is taken.
RUN pip --python /venv/bin/python install --disable-pip-version-check --no-cache-dir --no-deps \
    --require-hashes --only-binary :all: -r /src/requirements.txt \
 && pip install --disable-pip-version-check --no-cache-dir --no-deps \
    --require-hashes --only-binary :all: -r /src/requirements-build.txt
COPY pyproject.toml README.md LICENSE /src/
COPY gateway /src/gateway
COPY scaler /src/scaler
COPY shared /src/shared
# By the setuptools that was just installed, without asking any index.
RUN cd /src && pip wheel --disable-pip-version-check --no-index --no-deps --no-build-isolation \
    --wheel-dir /src/wheels . \
 && pip --python /venv/bin/python install --disable-pip-version-check --no-index --no-deps \
    /src/wheels/*.whl \
 && rm /venv/bin/exposed

FROM ${BASE}
# What installs has no business where only the programs run.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.14/site-packages/* \
    /usr/local/lib/python3.14/ensurepip
COPY --from=build /venv /venv
# No process writes where it is installed: the root may be read-only.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080 8081 8082 8083
CMD ["python", "-m", "gateway"]
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="exposed-services" \
      org.opencontainers.image.description="Gateway, services API and scaler of exposed services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
