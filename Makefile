# Every target works in the virtual environment .venv, which `make venv` makes in this folder.
# PYTHON names the interpreter to make it with (3.11 or newer).

PYTHON ?= python3
BIN := .venv/bin
APT := $(if $(filter 0,$(shell id -u)),,sudo) apt-get

.PHONY: help venv local test test-apps contract lint format schemas bench bench-hot-path \
    bench-embedded bench-scaler bench-scaler-load bench-simulator bench-cold-start test-zero clean

help:
	@echo 'make local   install what is needed, start everything on this machine, say what to type next'
	@echo 'make test    install what is needed, check style, types and imports, run all tests'
	@echo 'make test-apps  try the applications of docs/applications.md, and our own pages, in a browser (slow)'
	@echo 'make test-zero  let services sleep and wake 200 times, and ask at random moments (15 min)'
	@echo 'make contract KUBECONFIG=…  ask any cluster, as its administrator, whether it keeps what we rely on'
	@echo 'make lint    ruff and mypy alone'
	@echo 'make bench   measure the gateway beside nginx, HAProxy, Caddy and aiohttp'
	@echo 'make bench-hot-path   count the calls and the CPU of a request in the gateway, without sockets'
	@echo 'make bench-embedded   measure the embedded API server while 50 pods a second change'
	@echo 'make bench-scaler     measure a tick of the scaler over 1 000 services with 10 000 pods'
	@echo 'make bench-scaler-load  run the HPA and our policy on real processes under the same load (25 min)'
	@echo 'make bench-simulator  compare scaling policies over all shapes of load'
	@echo 'make bench-cold-start   measure what gateway and scaler add to the start of a pod (5 min)'
	@echo 'make clean   remove the virtual environment and the state of local runs'

venv: .venv/.made

# RapidOCR asks for OpenCV with a window system; it is installed without its dependencies, and the
# extra `examples` brings OpenCV without one, which needs no further system packages.
.venv/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { $(APT) update && $(APT) install -y --no-install-recommends python3-venv; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[dev,examples]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --constraint constraints.txt rapidocr-onnxruntime
	@touch $@

local: venv
	@$(BIN)/exposed local

# A file's tests stay together, for they share what they set up; most wait rather than compute.
test: lint
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

# The schemas of Kubernetes' kinds, from a checkout of github.com/kubernetes/kubernetes.
schemas: venv
	$(BIN)/python -m tests.shared.embedded.schema.generate $(KUBERNETES)

bench: venv
	@for program in nginx haproxy caddy wrk; do \
	    PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || missing="$$missing $$program"; \
	done; test -z "$$missing" || \
	    { $(APT) update && $(APT) install -y --no-install-recommends $$missing; }
	$(BIN)/python -m benchmarks.load

bench-hot-path: venv
	$(BIN)/python -m benchmarks.hot_path

bench-scaler: venv
	$(BIN)/python -m benchmarks.scaler
	$(BIN)/python -m benchmarks.scaler.asleep

bench-scaler-load: venv
	$(BIN)/python -m benchmarks.scaler_load --output benchmarks/scaler_load/results.md

bench-cold-start: venv
	$(BIN)/python -m benchmarks.cold_start --output benchmarks/cold_start/results.md

bench-embedded: venv
	$(BIN)/python -m benchmarks.embedded

bench-simulator: venv
	$(BIN)/python -m benchmarks.simulator

clean:
	rm -rf .venv .venv-apps .local build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
