# make demo   a census of the standard library of this machine's Python
# make test   the whole suite; what a change has to pass
# make help   the rest
#
# The virtual environment is made and filled where that is needed, and again when pyproject.toml changes.

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$each && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
CHECKED := syncra tests docs

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types typing suite stress bench peers clean

help:
	@echo 'make demo     count what the standard library is made of'
	@echo 'make test     lint, types, and the suite with the examples of the docs'
	@echo 'make lint     ruff: rules and format'
	@echo 'make format   ruff: mend what can be mended'
	@echo 'make types    mypy --strict and pyright over package and tests'
	@echo 'make typing   mypy, pyright, ty and pyrefly over right and wrong user code'
	@echo 'make suite    pytest'
	@echo 'make stress   what takes longer than a change should wait'
	@echo 'make bench    the measurements'
	@echo 'make peers    the same graph run by other packages, in an environment of their own'
	@echo 'make clean    remove the virtual environment and all caches'

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; say where: make PYTHON=/path/to/python'; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The package alone, which is all that the demo needs.
$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.package

demo: $(VENV)/.package
	$(BIN)/python docs/examples/census.py $(ARGS)

test: lint types suite

lint: $(VENV)/.dev
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

types: $(VENV)/.dev
	$(BIN)/mypy --strict syncra tests
	$(BIN)/pyright --pythonpath $(BIN)/python

typing: $(VENV)/.dev
	$(BIN)/pytest tests/typing

suite: $(VENV)/.dev
	$(BIN)/pytest $(ARGS)

stress: $(VENV)/.dev
	$(BIN)/pytest -m stress $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

# Each peer that can be had for this Python; the table leaves the others out.
$(VENV)-peers/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	-for each in taskade sf-hamilton dask joblib; do \
		$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check $$each; done
	@touch $@

peers: $(VENV)-peers/.done
	$(VENV)-peers/bin/python -m tests.benchmarks.peers

clean:
	rm -rf $(VENV) $(VENV)-peers build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
