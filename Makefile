# Two commands set everything up on a machine with Python >= 3.11 and make: `make demo` and `make test`.
# Underneath are plain `digest demo` and `pytest`; nothing that a user needs lives here alone.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv

# Compiled when installed: where Python is told to write no compiled modules, each command would compile everything anew.
.PHONY: demo test test-all check format lock clean

demo: $(VENV)/.runtime
	$(BIN)/digest demo

test: $(VENV)/.dev
	$(BIN)/pytest -n auto -m "not slow"

test-all: $(VENV)/.dev
	$(BIN)/pytest -n auto

# What CI runs beside the tests.
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/without_dev.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pinned set, with hashes and without any download address; run it after changing a dependency in pyproject.toml.
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --upgrade
lock: $(VENV)/.uv
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev --constraint requirements/runtime.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) digest-demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.uv: requirements/build.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "digest needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements/runtime.txt pyproject.toml
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/runtime.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	$(BIN)/python -m compileall -q digest
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	touch $@
