# Every way to run, test and check the project. Each target makes .venv itself when it is missing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) + 1 )))
RUN_READY := .venv/.ready
DEV_READY := .venv/.ready-dev
FAST_READY := .venv/.ready-fast
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help install fast demo test test-fast coverage check format readme pictures bench-validate bench-poll bench-ack bench-start chaos fuzz lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

$(RUN_READY): requirements.txt pyproject.toml | .venv/bin/python
	$(PIP) install --quiet --require-hashes -r requirements.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

install: $(RUN_READY) ## make .venv with the application and its console script finetune-bot in it

demo: $(RUN_READY) ## run the whole application on a simulated Slack and OpenAI, and open its page
	@$(BIN)/finetune-bot demo $(ARGS)

$(FAST_READY): requirements-fast.txt $(RUN_READY)
	$(PIP) install --quiet --require-hashes -r requirements-fast.txt
	@touch $@

fast: $(FAST_READY) ## add the faster token counter to .venv (optional; see docs/decisions.md)

test: $(DEV_READY) ## run the tests (ARGS="-k name" picks some, JOBS=1 one after the other)
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

test-fast: $(DEV_READY) $(FAST_READY) ## add the faster token counter, and run the tests that need it
	$(BIN)/python -m pytest tests/test_fast_tokens.py

coverage: $(DEV_READY) ## run the tests and tell which lines and branches none of them reached (ARGS as for test)
	@$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n $(JOBS) $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report
	@echo "coverage percent=$$($(BIN)/python -m coverage report --precision=1 --format=total)"

check: $(DEV_READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_READY) ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

readme: $(DEV_READY) ## write the README's table of commands anew from handlers/vocabulary.py
	@$(BIN)/python -m tests.readme

pictures: $(DEV_READY) ## take docs/pictures anew: the five steps and the tools in a real browser
	mkdir -p docs/pictures
	PICTURES=docs/pictures $(BIN)/python -m pytest tests/stories/test_in_browser.py

bench-validate: $(DEV_READY) $(FAST_READY) ## validation against the notebook's algorithm (SIZE_MB=500 CORES=2 ROUNDS=1)
	@$(BIN)/python -m benchmarks.validate $(ARGS)

bench-ack: $(DEV_READY) $(FAST_READY) ## how soon commands, clicks and messages are acknowledged while a big file is read (SIZE_MB=500)
	@$(BIN)/python -m benchmarks.ack $(ARGS)

bench-start: $(DEV_READY) ## processor seconds of `check` on a small file and of --help (ARGS="--against FOLDER" compares)
	@$(BIN)/python -m benchmarks.start $(ARGS)

bench-poll: $(DEV_READY) ## calls of one look over 10, 100 and 1,000 live jobs, counted at the sandbox
	@$(BIN)/python -m benchmarks.poll

chaos: $(DEV_READY) ## what a job survives: kills, lost answers, replicas, a full disk … (ARGS="-k create" picks rows)
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

SECONDS := 600
fuzz: $(DEV_READY) ## feed broken files to check, mend, convert, split and compare for a while (SECONDS=600)
	@$(BIN)/python -m benchmarks.fuzz --seconds $(SECONDS) $(ARGS)

lock: ## pin requirements*.txt anew from requirements*.in (needs uv on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet --upgrade requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet --upgrade requirements-dev.in -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet --upgrade requirements-fast.in -o requirements-fast.txt

clean: ## remove .venv and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.* htmlcov build dist
