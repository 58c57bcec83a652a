# Every word a person or CI needs. Wants make, Python 3.11 or newer, and access to PyPI and npm.
.DEFAULT_GOAL := help
.PHONY: help setup web demo test soak lint check bench bench-forecast mutate lock clean
.DELETE_ON_ERROR:

BIN := .venv/bin
UV := $(BIN)/uv --quiet
LOCKS := $(wildcard requirements/*.txt)
PEERS := bench/peers/requirements
# The first of these that is new enough makes .venv; `make setup PYTHON=/path/to/python` decides otherwise.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
VENDOR := serving/web/static/vendor
NPM_CI := npm ci --ignore-scripts --loglevel=error
# uv does not read pip's settings: a mirror or a certificate that pip was told of is handed on.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
# What is imported is compiled once and kept: tests start some hundred processes, the largest of which
# would else spend ten seconds of the processor on compiling libraries. 'make clean' removes it.
unexport PYTHONDONTWRITEBYTECODE
CODE := cli feature_store models serving training bench tests

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	|| sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1   \2/p' Makefile

setup: .venv/.setup ## Make .venv and fetch everything at locked, hash-checked versions
	@$(MAKE) --no-print-directory --silent .venv/.web \
	|| echo "warning: the page libraries could not be fetched; the pages work without them; 'make web' tries again" >&2

web: .venv/.web ## Fetch the two script libraries of the operator pages (part of setup)

demo: setup ## Run the whole product on the packaged sample complex
	@$(BIN)/sandan demo

# Half as many processes again as cores: some wait for a server, a browser or a disk.
TESTERS := $(shell echo $$((3 * $$(getconf _NPROCESSORS_ONLN) / 2)))
# One thread of the linear algebra in each process: there is a process a core already. Files in their order,
# not the longest lists first: a file of few long tests would come last and be waited for alone.
test: setup ## Run every test and every example in a docstring
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --quiet --doctest-modules --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder

soak: setup ## Run the random tests in their long form and kill the ledger again and again (an hour)
	@$(BIN)/python -m bench.run soak durability

lint: setup ## Check formatting, style, types and the directions of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## The whole gate, as CI runs it

bench: setup ## Measure again the figures that the documents quote
	@$(BIN)/python -m bench.run

bench-forecast: setup ## Compare forecasts with those of other libraries, on the same readings (hours)
	@PYTHON=$(PYTHON) $(BIN)/python -m bench.forecast_peers $(and $(READINGS),--readings $(READINGS)) $(and $(FIRMS),--firms $(FIRMS))

mutate: .mutation/.setup ## Ask of every small change of the tariff rooms whether a test notices it (an hour)
	@.mutation/venv/bin/python -m bench.mutation $(MUTANTS)

lock: setup ## Write the lock files anew (UPGRADE=--upgrade takes newer versions)
	$(call compile,requirements/run,pyproject.toml)
	$(call compile,requirements/dev,pyproject.toml --group dev --constraints requirements/run.txt)
	$(call compile,requirements/bootstrap,requirements/bootstrap.in --constraints requirements/dev.txt)
	$(call compile,requirements/web,requirements/web.in)
	$(call compile,requirements/mutation,--group mutation --constraints requirements/dev.txt)
	$(call compile,$(PEERS)/darts,$(PEERS)/darts.in)
	$(call compile,$(PEERS)/openstef,$(PEERS)/openstef.in,3.12)
	$(call compile,$(PEERS)/skforecast,$(PEERS)/skforecast.in)

clean: ## Remove .venv, caches and fetched libraries; state under SANDAN_HOME stays
	rm -rf .venv .mutation .peers node_modules $(VENDOR) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# One lock: every platform, every Python from 3.11 (or the third argument) on, a hash a file, and no
# registry's address.
define compile
$(UV) pip compile --universal --generate-hashes --no-emit-index-url --python-version $(or $(3),3.11) \
  --custom-compile-command 'make lock' $(UPGRADE) $(2) --output-file $(1).txt >/dev/null
endef

.venv/bin/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making .venv with $$("$$python" --version)"; exec "$$python" -m venv --clear .venv; \
	  fi; \
	done; \
	echo "error: no Python 3.11 or newer among: $(PYTHONS); install one, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python" >&2; \
	exit 1

.venv/.setup: $(LOCKS) pyproject.toml | .venv/bin/python
	@[ -x $(BIN)/uv ] || $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bootstrap.txt
	@$(UV) pip sync --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Beside .venv, whose packages it sees: what only `make mutate` needs stays out of every other word.
.mutation/.setup: requirements/mutation.txt | setup
	@$(UV) venv --clear --python $(BIN)/python .mutation/venv
	@$(UV) pip install --python .mutation/venv/bin/python --require-hashes -r requirements/mutation.txt
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$(.mutation/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/of_venv.pth"
	@touch $@

# npm ci checks every file against the hashes in package-lock.json. A machine without npm, or with one that
# cannot read the lock, gets npm from PyPI inside .venv.
.venv/.web: package-lock.json package.json .npmrc | .venv/.setup
	@{ command -v npm && $(NPM_CI); } >/dev/null || { \
	  $(UV) pip install --python $(BIN)/python --require-hashes -r requirements/web.txt \
	  && PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM_CI) >/dev/null; }
	@mkdir -p $(VENDOR)
	@cp node_modules/htmx.org/dist/htmx.min.js node_modules/uplot/dist/uPlot.iife.min.js node_modules/uplot/dist/uPlot.min.css $(VENDOR)/
	@touch $@
