# `make demo` and `make test` do all the set-up themselves; `make help` lists the rest.
RUN ?= demo
ARGS ?=
N ?= 200
SOAK ?= full
CLUSTER ?= auto

PYTHONS := python3.13 python3.12 python3.11 python3
PY := .venv/bin/python
# Names the requirements that are installed; a change of them installs again.
STAMP := .venv/$(firstword $(shell cat requirements*.txt pyproject.toml | cksum)).stamp
# Which worker gets which files, tests/conftest.py says.
# What the server's version could change.
MAJORS := $(addprefix tests/integration/,test_roles.py test_audit.py test_gate.py test_logins.py test_arrangements.py \
	test_templates.py test_extensions.py test_public_schema.py)
PYTEST = $(PY) -m pytest -n 4 --dist loadscope
WITH_ENV = eval "$$($(PY) -m toolchain env)" &&

# Hundreds of processes take part in the tests, and each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-tools test-systems test-majors test-kubernetes test-unit soak chaos bench wheel docs lint format doctor env clean

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## find, download or build what this machine lacks
	@$(PY) -m toolchain setup

demo: setup ## create a run (RUN=name), meet its locks, destroy it
	@$(WITH_ENV) $(PY) -m examples.demo $(RUN)

test: $(STAMP) ## all tests but the long drills; ARGS="..." goes to pytest
	@$(PY) -m toolchain setup --tests
	@echo "Without a Kubernetes cluster: it is not built here. make test-kubernetes has one, and tests on it." >&2
	@$(WITH_ENV) $(PYTEST) -m "not soak and not tools and not systems and not majors and not kubernetes" $(ARGS)

test-tools: $(STAMP) ## other people's migration tools, which are downloaded once
	@$(PY) -m toolchain setup --tests
	@$(WITH_ENV) $(PYTEST) -m tools $(ARGS)

test-systems: $(STAMP) ## other people's systems, which are downloaded once
	@$(PY) -m toolchain setup --tests
	@$(WITH_ENV) $(PYTEST) -m systems $(ARGS)

test-kubernetes: setup ## on a cluster: found, or built and started; CLUSTER=kubeconfig, kind, k3d, minikube or own
	@$(WITH_ENV) LEASEHOLD_CLUSTER=$(CLUSTER) $(PY) -m toolchain cluster run -- $(PYTEST) -m "kubernetes and not soak" tests/kubernetes $(ARGS)

test-unit: $(STAMP) ## the tests that need neither Docker nor Pulumi
	@$(PY) -m pytest tests/unit -m "not soak" $(ARGS)

test-majors: $(STAMP) ## logins, roles, denials and the audit on PostgreSQL 16 and 17, and an image of one's own
	@$(PY) -m toolchain setup --tests
	@$(WITH_ENV) for major in 16 17; do $(PYTEST) --major $$major -m "not soak and not majors" $(MAJORS) $(ARGS) || exit; done
	@$(WITH_ENV) $(PYTEST) -m majors $(ARGS)

soak: $(STAMP) ## the long drills; SOAK=small bounds them to a few minutes
	@$(PY) -m toolchain setup --tests
	@$(WITH_ENV) LEASEHOLD_SOAK=$(SOAK) $(PYTEST) -m "soak and not kubernetes" $(ARGS)

chaos: setup ## kill runs, sessions and pools at random moments, N times (default 200), and look for what is left
	@$(WITH_ENV) LEASEHOLD_CHAOS=$(N) $(PY) -m pytest -m soak tests/integration/test_chaos.py tests/integration/test_chaos_sessions.py -v

bench: setup ## what a test costs with a database of its own, beside four peers and a floor; ARGS="..."
	@$(WITH_ENV) $(PY) -m benchmarks.peers $(ARGS)

wheel: $(STAMP) ## build the wheel into dist/
	@rm -rf dist && $(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . >&2

docs: $(STAMP) ## build the docs into site/; a broken link fails
	@NO_MKDOCS_2_WARNING=1 PATH="$(CURDIR)/.venv/bin:$$PATH" $(PY) -m mkdocs build --strict --quiet

lint: $(STAMP) ## ruff, mypy, and who imports whom
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

format: $(STAMP) ## let ruff format and mend
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

doctor: $(STAMP) ## what was found, which version, where from
	@$(PY) -m toolchain doctor

env: $(STAMP) ## what to export: eval "$(make -s env)"
	@$(PY) -m toolchain env

clean: ## remove what was made in this checkout
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@toolchain/venv.sh "$(STAMP)" $(PYTHONS) >&2
