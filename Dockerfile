# One image, three commands:
#   python -m gateway              the data plane
#   python -m gateway.management   the services API
#   python -m scaler               the autoscaler
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY gateway gateway
COPY scaler scaler
COPY shared shared
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080 8081 8082 8083
CMD ["python", "-m", "gateway"]
