# Every target works in the virtual environment .venv, which `make venv` makes in this folder.
# PYTHON names the interpreter to make it with (3.11 or newer).

PYTHON ?= python3
BENCH_PYTHON ?= $(or $(wildcard /usr/bin/python3.11),$(PYTHON))
BIN := .venv/bin
APT := $(if $(filter 0,$(shell id -u)),,sudo) apt-get

.PHONY: help venv local test test-apps test-operations contract lint format schemas docs \
    dashboards dashboard-pictures bench \
    bench-hot-path bench-embedded bench-scaler bench-scaler-load bench-control-plane bench-simulator \
    bench-cold-start \
    test-zero requirements clean

help:
	@echo 'make local   install what is needed, start everything on this machine, say what to type next'
	@echo 'make test    install what is needed, check style, types and imports, run all tests'
	@echo 'make test-apps  try the applications of the guides, and our own pages, in a browser (slow)'
	@echo 'make test-operations  install, roll and watch it as operators do, with a real Prometheus (6 min)'
	@echo 'make test-zero  let services sleep and wake 200 times, and ask at random moments (15 min)'
	@echo 'make contract KUBECONFIG=…  ask any cluster, as its administrator, whether it keeps what we rely on'
	@echo 'make docs    make a site of the guides, in build/docs; a broken link fails'
	@echo 'make lint    ruff and mypy alone'
	@echo 'make requirements  write anew from what the image is installed: requirements*.txt'
	@echo 'make dashboards  write the Grafana dashboards; make dashboard-pictures  their pictures (8 min)'
	@echo 'make bench   measure the gateway beside nginx, HAProxy, Envoy, Traefik and Caddy (13 min)'
	@echo 'make bench-hot-path   count the calls and the CPU of a request in the gateway, without sockets'
	@echo 'make bench-embedded   measure the embedded API server while 50 pods a second change'
	@echo 'make bench-scaler     measure a tick of the scaler over 1 000 services with 10 000 pods'
	@echo 'make bench-scaler-load  run the HPA and our policy on real processes under the same load (25 min)'
	@echo 'make bench-control-plane BINARIES=…  run the real HPA and our policy on a real control plane (24 min)'
	@echo 'make bench-simulator  compare scaling policies over all shapes of load'
	@echo 'make bench-cold-start   measure what gateway and scaler add to the start of a pod (5 min)'
	@echo 'make clean   remove the virtual environment and the state of local runs'

venv: .venv/.made

# RapidOCR asks for OpenCV with a window system; it is installed without its dependencies, and the
# extra `examples` brings OpenCV without one, which needs no further system packages. Of the second
# package the checker of accessibility is used, and not the browsers that it would bring.
.venv/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { $(APT) update && $(APT) install -y --no-install-recommends python3-venv; }
	@echo 'installing what is needed into .venv; some minutes, the first time'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[dev,examples]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --constraint constraints.txt rapidocr-onnxruntime axe-playwright-python
	@touch $@

local: venv
	@$(BIN)/exposed local

# A file's tests stay together, for they share what they set up; most wait rather than compute.
test: lint
	@command -v curl >/dev/null || \
	    { $(APT) update && $(APT) install -y --no-install-recommends curl; }
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

# Real applications and a browser behind the gateway; slow, so apart from `make test`.
test-apps: venv .venv-apps/.made
	APPS_PYTHON=.venv-apps/bin/python $(BIN)/python -m pytest tests/apps

.venv-apps/.made: tests/apps/requirements.txt
	@for program in chromium nginx; do \
	    PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || missing="$$missing $$program"; \
	done; test -z "$$missing" || \
	    { $(APT) update && $(APT) install -y --no-install-recommends $$missing; }
	test -x .venv-apps/bin/python || $(PYTHON) -m venv .venv-apps
	.venv-apps/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Long lives, and the tools that operators use; where systemd runs, Debian starts its Prometheus too.
test-operations: venv
	@for program in prometheus chromium; do \
	    command -v $$program >/dev/null || missing="$$missing $$program"; \
	done; command -v h2load >/dev/null || missing="$$missing nghttp2-client"; \
	test -z "$$missing" || \
	    { $(APT) update && $(APT) install -y --no-install-recommends $$missing; }
	$(BIN)/python -m pytest tests/operations --numprocesses 2 --dist loadfile

# In `make test` it is twenty times.
test-zero: venv
	ZERO_CYCLES=200 $(BIN)/python -m pytest tests/e2e/test_zero_cycles.py

# Makes namespaces and Nodes called contract-…, and deletes them.
contract: venv
	$(BIN)/python -m pytest tests/contract $(if $(KUBECONFIG),--kubeconfig $(KUBECONFIG))

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Grafana's JSON in manifests/monitoring/dashboards, from manifests/monitoring/grafana.
dashboards: venv
	$(BIN)/python -m manifests.monitoring.grafana

# From a run of seven minutes, for docs/operate/dashboards.md.
dashboard-pictures: venv
	$(BIN)/python -m tests.operations.pictures

# The schemas of Kubernetes' kinds, from a checkout of github.com/kubernetes/kubernetes.
schemas: venv
	$(BIN)/python -m tests.shared.embedded.schema.generate $(KUBERNETES)

# What the image installs, with the digests of its files on PyPI: of constraints.txt what the
# programs need; and what it is built with, which is not in it.
COMPILE = $(BIN)/uv pip compile --quiet --no-annotate --custom-compile-command 'make requirements' \
    --generate-hashes --python-version 3.14 --python-platform linux
requirements: venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(COMPILE) --extra traces --constraint constraints.txt \
	    --output-file requirements.txt pyproject.toml
	echo setuptools | $(COMPILE) --output-file requirements-build.txt -

# Beside Debian's nginx and HAProxy, the proxies of benchmarks/load/requirements.txt; 13 min. The
# gateway runs on Debian's interpreter where there is one, for it is optimised, as that of the image
# is, and what pyenv builds is not. `make bench BENCH='--rows get,post'` for a part of it.
bench: venv .venv-bench/.made
	@for program in nginx haproxy h2load:nghttp2-client cc:gcc cc:libc6-dev openssl; do \
	    PATH="$$PATH:/usr/sbin" command -v $${program%:*} >/dev/null || \
	        missing="$$missing $${program#*:}"; \
	done; test -z "$$missing" || \
	    { $(APT) update && $(APT) install -y --no-install-recommends $$missing; }
	PATH="$$PATH:/usr/sbin" $(BIN)/python -m benchmarks.load --python .venv-bench/bin/python $(BENCH)

.venv-bench/.made: benchmarks/load/requirements.txt requirements.txt
	test -x .venv-bench/bin/python || $(BENCH_PYTHON) -m venv --without-pip .venv-bench
	for file in $^; do $(BIN)/python -m pip --python .venv-bench/bin/python install --quiet \
	    --disable-pip-version-check -r $$file || exit 1; done
	@touch $@

bench-hot-path: venv
	$(BIN)/python -m benchmarks.hot_path

bench-scaler: venv
	$(BIN)/python -m benchmarks.scaler
	$(BIN)/python -m benchmarks.scaler.asleep

bench-scaler-load: venv
	$(BIN)/python -m benchmarks.scaler_load --output benchmarks/scaler_load/results.md

# BINARIES: a folder of etcd, kube-apiserver, kube-controller-manager and kube-scheduler.
bench-control-plane: venv
	$(BIN)/python -m benchmarks.control_plane --binaries $(BINARIES) \
	    --output benchmarks/control_plane/results.md

bench-cold-start: venv
	$(BIN)/python -m benchmarks.cold_start --output benchmarks/cold_start/results.md

bench-embedded: venv
	$(BIN)/python -m benchmarks.embedded
	$(BIN)/python -m benchmarks.embedded.relist
	$(BIN)/python -m benchmarks.embedded.relist --services 5000

bench-simulator: venv
	$(BIN)/python -m benchmarks.simulator

# Into build/docs; `python -m http.server --directory build/docs` shows it, with its search.
docs: venv
	$(BIN)/python docs/site.py

clean:
	rm -rf .venv .venv-apps .venv-bench .local build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
