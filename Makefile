# Xiansuo: every command a person or a machine needs. `make run` and `make test` work on a fresh machine that has
# Python >= 3.11, make and a package registry, and nothing else.

PYTHON   ?= python3
VENV     := .venv
BIN      := $(VENV)/bin
PROFILE  ?= county
# How many processes run the tests; each has its own database server, queue server and browser.
WORKERS  ?= 2
PYTEST   := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run codes setup setup-test test test-fast law check format bench fuzz screenshots lock clean

help:            ## List these commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: setup       ## Serve the demo county (PROFILE=small: an office of ten), until Ctrl-C
	@exec $(BIN)/python -m verification.cli run --profile $(PROFILE)

codes: setup     ## The demo accounts' one-time codes of this moment
	@$(BIN)/python -m verification.cli code

setup: $(VENV)/run.stamp        ## Make the environment that `make run` needs
setup-test: $(VENV)/test.stamp  ## ... and what the tests need

# uv is not on a fresh machine: pip fetches it, by hash, into the environment, and it fetches the rest quickly.
# It is told of the package index that this machine's pip uses, because it does not read pip's settings.
INDEX = index=$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true); \
	index=$${PIP_INDEX_URL:-$$index}; test -z "$$index" || export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"
INSTALL = $(INDEX); $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode

$(VENV)/uv.stamp: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Xiansuo needs Python 3.11 or newer")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Install Python's venv module (Debian: apt-get install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/run.stamp: requirements.lock $(VENV)/uv.stamp
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/test.stamp: requirements-test.lock $(VENV)/run.stamp
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/fuzz.stamp: requirements-fuzz.lock $(VENV)/test.stamp
	@$(INSTALL) -r $<
	@touch $@

test: setup-test ## Everything: static checks, then every test on real servers and a real browser
	@sh tests/support/install.sh
	@$(MAKE) --no-print-directory check
	@$(PYTEST)

test-fast: setup-test ## Under a minute: the kernel, the law, the public pages; no browser, no PostgreSQL, nothing slow
	@$(PYTEST) -m "not browser and not postgresql and not slow"

law: setup-test  ## Every rule in turn: the test that shows it, and the same test red without the rule
	@$(PYTEST) -m "rule and not postgresql"

check: setup-test ## ruff, mypy --strict, the layers between packages
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy portal verification tests config.py
	@$(BIN)/lint-imports --no-logo --no-cache

format: setup-test ## Lay out the code as `make check` wants it
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: setup-test ## Measure speed and memory, beside the machine's own limits in the same run
	@$(BIN)/python -m tests.bench

SECONDS = 600
fuzz: setup-test $(VENV)/fuzz.stamp ## Look for inputs that break reader, decoder or receipt (SECONDS=600: each)
	@$(BIN)/python -m tests.fuzz $(SECONDS)

screenshots: setup-test ## Every screen at 390 and 1280 pixels, and the README's pictures
	@$(BIN)/python -m tests.e2e.screenshots

lock: $(VENV)/uv.stamp  ## Refresh the locks from the .in files (UPGRADE=-U: newest versions)
	@for name in requirements-uv requirements requirements-test requirements-fuzz; do \
	    $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-emit-index-url --no-header $(UPGRADE) $$name.in -o $$name.lock || exit 1; done

clean:           ## Remove the environment and what tools left behind; never touches var/
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis tests/e2e/results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
