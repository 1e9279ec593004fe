# One door to everything. What it sets up is in .venv/, .tools/ and web/; `make clean` removes it.
PYTHON ?= python3
ARGS ?= --numprocesses=3 --dist=loadscope --no-loadscope-reorder
export CHORUS_WEB ?= require
export PATH := $(CURDIR)/.tools/bin:$(PATH)

install := $(PYTHON) tests/support/install_tools.py
sync := .tools/bin/uv sync --frozen
pytest := .venv/bin/python -m pytest
# The tests start hundreds of servers, browsers and agents side by side. What fails among them is run once more by
# itself: it passes only if it does so then, and both outcomes stay on the screen.
again := echo "Once more, one at a time: what has failed" && $(pytest) --last-failed --last-failed-no-failures=none

.PHONY: help run test lint check clean environment

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

run: ## serve this repository and print a login link
	@$(install) uv tmux
	@$(sync) --no-dev --inexact
	.venv/bin/chorus up .

# Playwright's own Node.js needs a library (libatomic) that a small Debian does not have.
test: environment ## run all tests (ARGS="-k name" chooses, one at a time)
	@$(install)
	npm --prefix web test
	@export PLAYWRIGHT_NODEJS_PATH="$$(command -v node)"; $(pytest) $(ARGS) || { test $$? = 1 && $(again); }

lint: environment ## check style and types, Python and TypeScript
	@$(install) node
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/python -m mypy
	npm --prefix web run check

check: lint test ## lint and test: what continuous integration runs

clean: ## remove all that was set up and built here
	rm -rf .venv .tools dist web/dist web/node_modules

environment:
	@$(install) uv
	@$(sync)
