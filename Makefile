# The only commands of the project. Each first makes .venv from requirements.lock, which takes
# Python >= 3.11 and nothing else. ARGS goes to what is run: make demo ARGS=--exit

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo test check types agreed rules fix serve cluster up down migrate revise contracts lock bench soak

# The first Python that is new enough; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done)
BIN := .venv/bin
# Two files of tests at a time, each worker with a database and a broker of its own; BESIDE= for one.
# In their order: else the files with few and long tests come last, and one worker waits for them.
BESIDE ?= -n 2 --dist loadfile --no-loadscope-reorder
RUN := $(BIN)/python -m
READY := .venv/.installed
# Each process of a test would compile all modules again, which takes a fifth of its start.
unexport PYTHONDONTWRITEBYTECODE

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

install: $(READY)  ## make .venv from requirements.lock

demo: $(READY)  ## play a scenario on services of its own, then keep serving (TARGET=cluster: there; ARGS=--exit)
	@$(RUN) services demo $(if $(TARGET),--$(TARGET) .$(TARGET)) $(ARGS)

test: $(READY)  ## all tests but the long ones and those of `check` (offline: ARGS='-m "not kafka and not soak"')
	$(RUN) pytest -m "not soak" --ignore=tests/contracts $(BESIDE) $(ARGS)

check: $(READY) rules  ## format, lint, types, import rules, contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory --jobs=2 types agreed

# Types take one core for a while; contracts are tested on what is left of two.
types: $(READY)
	$(BIN)/mypy

# Nothing of them is dear to set up, so that a worker with nothing to do takes of the other's tests.
agreed: $(READY)
	$(RUN) pytest -m "not soak" $(BESIDE:loadfile=worksteal) tests/contracts

rules:  ## check and test the alert rules with promtool, where it is
	@if command -v promtool >/dev/null; then \
		promtool check rules deploy/observability/rules/*.yaml && \
		promtool test rules deploy/observability/tests/*.yaml; \
	else echo "promtool not found: rules not checked (Debian: apt-get install prometheus)"; fi

fix: $(READY)  ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(READY)  ## serve all services in one process (ARGS=payroll: one of them)
	$(RUN) services serve $(or $(ARGS),all)

cluster: $(READY)  ## broker, database and four services, supervised (ARGS=status|stop|fresh|…)
	$(RUN) deploy.cluster $(or $(ARGS),start)

up:  ## broker, database and four services in containers (ARGS='--env-file deploy/demo.env up --build')
	docker compose $(or $(ARGS),up --detach)

down:  ## end the containers; their data stay
	docker compose --env-file deploy/demo.env --profile '*' down $(ARGS)

migrate: $(READY)  ## bring the databases to the newest migration
	$(RUN) services migrate $(ARGS)

revise: $(READY)  ## write a migration from the models (ARGS='payroll "what changes"')
	$(RUN) services revise $(ARGS)

contracts: $(READY)  ## record events, AsyncAPI and OpenAPI anew (ARGS=--anew: forget what was recorded)
	$(RUN) tests.contracts.record $(ARGS)

lock: $(READY)  ## write requirements.lock from pyproject.toml (ARGS=--upgrade: newest versions)
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal \
		--python-version 3.11 --generate-hashes --no-header --quiet $(ARGS) -o requirements.lock

bench: $(READY)  ## compare speed with floors measured in the same run (ARGS=--json, ARGS='relay scan')
	@$(RUN) tests.bench $(ARGS)

soak: $(READY)  ## the long forms of fuzzers, crash tests and properties
	SOAK=1 $(RUN) pytest -m soak $(ARGS)

# A working .venv is kept and brought up to date; one that is broken or too old is made anew.
$(READY): requirements.lock
	@test -n "$(PYTHON)" || { echo "Xinqing needs Python 3.11 or newer, and none was found on" \
		"the PATH. Install one, or name it: make $(or $(MAKECMDGOALS),install) PYTHON=/path/to/python3.11" \
		>&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Xinqing needs" \
		"Python 3.11 or newer; $(PYTHON) is not." >&2; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| $(PYTHON) -m venv --clear .venv
	@echo "Installing what requirements.lock names into .venv; this takes some minutes." >&2
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
