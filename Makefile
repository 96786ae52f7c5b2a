# The commands of this repository; `make help` lists them. Each makes .venv itself, with exactly what requirements.lock names.
# PYTHON=… chooses the interpreter (3.11 to 3.13); uv is used where it is installed, else venv and pip.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
# Written last, so that an interrupted installation is made again.
INSTALLED := .venv/.installed
# The order in which an interpreter is looked for.
INTERPRETERS := python3 python3.13 python3.12 python3.11
OUT ?=
PORT ?= 8001
ONLY ?=
COVERAGE ?=
ARGS ?=
# A file of tests stays together: its fixtures are made once. Files come in the order of tests/conftest.py, not by their number
# of tests: the few tests of a long file would come last.
PARALLEL ?= --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: help demo desk test faults lint format bench blocks lock clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | while IFS= read -r line; do \
	  printf '  make %-8s %s\n' "$${line%%:*}" "$${line##*## }"; done

demo: $(INSTALLED) ## Run the whole story on this machine (OUT=folder says where to)
	$(BIN)/dam-plugin demo $(if $(OUT),--out $(OUT))

desk: $(INSTALLED) ## Show the desk on the sample library to six sample accounts, until Ctrl-C (PORT=8001)
	$(BIN)/dam-plugin desk --sample --port $(PORT)

test: $(INSTALLED) ## Run the tests (COVERAGE=1 measures branches too; ARGS=… goes to pytest)
	$(if $(COVERAGE),$(BIN)/coverage erase && $(BIN)/coverage run -m pytest,$(BIN)/python -m pytest) $(PARALLEL) $(ARGS)

# Python's own watch over a test that hangs is for one that takes minutes.
faults: $(INSTALLED) ## Kill processes 200 times under 2,000 uploads; import 100,000 students beside all else (FAULT_…, SIDE_…)
	FAULT_UPLOADS=$${FAULT_UPLOADS:-2000} FAULT_KILLS=$${FAULT_KILLS:-200} \
	  SIDE_STUDENTS=$${SIDE_STUDENTS:-100000} SIDE_UPLOADS=$${SIDE_UPLOADS:-600} \
	  $(BIN)/python -m pytest -o faulthandler_timeout=14400 tests/faults/test_kills.py tests/faults/test_side_by_side.py $(ARGS)

lint: $(INSTALLED) ## Check format, style, types, import directions and generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/blocks.py

format: $(INSTALLED) ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED) ## Measure (ONLY=area measures one area), into bench.json
	PYTHONPATH=tests:tests/support $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

blocks: $(INSTALLED) ## Write what is generated in README.md and docs/ anew
	$(BIN)/python docs/blocks.py --write

lock: ## Resolve pyproject.toml into requirements.lock (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv: install it with "python3 -m pip install uv".' >&2; exit 1; }
	uv pip compile pyproject.toml --quiet --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements.lock

clean: ## Remove .venv and everything that is generated
	rm -rf .venv dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A finished .venv is brought up to date; one without its stamp, or whose interpreter is gone, is made anew.
$(INSTALLED): requirements.lock face-model.lock desk-assets.lock pyproject.toml
	@set -eu; \
	suits() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; }; \
	if [ ! -f $@ ] || ! suits $(BIN)/python; then rm -rf .venv; fi; \
	rm -f $@; \
	if [ ! -d .venv ]; then \
	  python=''; \
	  for candidate in $(if $(PYTHON),'$(PYTHON)',$(INTERPRETERS)); do \
	    if suits "$$candidate"; then python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo 'Python 3.11, 3.12 or 3.13 is needed, and none answers to: $(or $(PYTHON),$(INTERPRETERS)). Install one, or name it: make PYTHON=/path/to/python' >&2; exit 1; \
	  fi; \
	  if command -v uv >/dev/null; then \
	    uv venv --quiet --python "$$(command -v "$$python")" .venv; \
	  else \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null \
	      || { echo "$$python cannot make a virtual environment: install the package python3-venv, or uv." >&2; exit 1; }; \
	    "$$python" -m venv .venv; \
	  fi; \
	fi; \
	if command -v uv >/dev/null; then install='uv pip install --quiet --compile-bytecode --python $(BIN)/python'; \
	else install='$(BIN)/python -m pip install --quiet --disable-pip-version-check'; fi; \
	$$install --require-hashes -r requirements.lock; \
	$(BIN)/python hatch_build.py; \
	$$install --no-deps --no-build-isolation -e .; \
	touch $@
