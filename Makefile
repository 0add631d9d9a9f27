# Two commands matter: `make run` and `make test`. They need make and some Python 3; everything else they bring.

.DEFAULT_GOAL := help
.PHONY: help run demo bench bench-pages test fuzz mutants lint format python environment

# A uv that works (one may be on the PATH and yet not run), else one of our own.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
PYTHON := .venv/bin/python
GET_UV := install --quiet --disable-pip-version-check uv==0.13.9
SYNC := $(UV) sync --locked --quiet --python 3.13

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13

run: environment ## Run Greenflash: database, web server and worker
	@exec $(PYTHON) manage.py up

demo: environment ## Fill an organization with two believable weeks (demo@greenflash.example)
	@exec $(PYTHON) manage.py demo_data

bench: environment ## Measure ingest on an installation of its own (docs/bench.md)
	@exec $(PYTHON) manage.py bench

bench-pages: environment ## Measure pages on a million messages (BENCH_DATA: a folder that keeps them)
	@exec $(PYTHON) manage.py bench_pages

test: python ## Run the tests, with a database of their own
	@$(SYNC)
	@# Whatever the shell says of it, bytecode is kept: else each of the many processes of the tests would compile all.
	@exec env -u PYTHONDONTWRITEBYTECODE $(PYTHON) -m pytest -n auto

mutants: python ## Take each gate and scope filter away, one at a time, and see that a test fails (MUTANT: only some)
	@$(SYNC)
	@exec $(PYTHON) -m tests.access.mutants $(MUTANT)

fuzz: python ## Send the API 20,000 requests made from its own document (FUZZ_SEED: others)
	@$(SYNC)
	@FUZZ_CASES=$${FUZZ_CASES:-20000} exec $(PYTHON) -m pytest -n auto -rP -o log_level=INFO tests/greenflash_site/test_api_fuzz.py

lint: python ## Check style, types, templates and migrations
	@$(SYNC)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/djade --check --target-version 6.1 $$(git ls-files 'templates/*.html')
	.venv/bin/mypy .
	$(PYTHON) manage.py makemigrations --check --dry-run

format: python ## Format code and templates
	@$(SYNC)
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	.venv/bin/djade --target-version 6.1 $$(git ls-files 'templates/*.html')

# Only what running needs; what a developer installed stays.
environment: python
	@$(SYNC) --no-dev --inexact

python: $(filter .uv/bin/uv,$(UV))
	@$(UV) python find 3.13 >/dev/null 2>&1 || $(UV) python install 3.13 >/dev/null 2>&1 || \
	  { echo "Greenflash needs Python 3.13, which is neither on this machine nor could be downloaded: install it (python.org, your package manager, pyenv) and run this again." >&2; exit 1; }

.uv/bin/uv:
	@echo "Getting uv, which installs the rest …"
	@# With the machine's own pip where there is one: to put another into the environment takes 5 s.
	@python3 -m venv --without-pip .uv && python3 -m pip --python .uv/bin/python $(GET_UV) 2>/dev/null || \
	  { python3 -m venv --clear .uv && .uv/bin/python -m pip $(GET_UV); } || \
	  { rm -rf .uv; echo "Could not make a Python environment: install uv (https://docs.astral.sh/uv/) or your system's python3-venv, and run this again." >&2; exit 1; }
