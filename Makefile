# Needs python3 (3.11+, with venv) and make; everything else comes from the lock files into .venv.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: demo test check format screenshots clean

demo: .venv/.runs                ## the wizard in the embedded sandbox: no account, no key
	@$(BIN)/python -m tui --sandbox

test: .venv/.tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: .venv/.tests              ## what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadgroup

format: .venv/.tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/.tests        ## draws screenshots/ from the running wizard
	$(BIN)/python -m tests.screenshots

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

.venv/.runs: requirements.lock | .venv/bin/python
	$(INSTALL) -r requirements.lock
	@touch $@

.venv/.tests: requirements-dev.lock | .venv/bin/python
	$(INSTALL) -r requirements-dev.lock
	@touch $@ .venv/.runs
