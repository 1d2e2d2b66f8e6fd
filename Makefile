# Everything a developer runs. A fresh machine needs python3 (3.11 to 3.13) with venv and pip, make and git.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
ONLY ?=
TESTS ?= tests
# Python keeps what it compiled, whatever the environment says: without it each process compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
EXAMPLES ?= 300
APPS := zapier make power-automate n8n
CLIENTS := tests/integrations/clients

.PHONY: help run test slow faults fuzz demo docs lint bench verifiers typescript zapier n8n sheets check-clients sdk9 lock clean
help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 8

run: $(VENV)/.runtime ## set everything up and start emulator, web and worker in this terminal
	@$(BIN)/python -m bridge dev

test: $(VENV)/.dev ## the tests, in parallel, on SQLite and PostgreSQL (TESTS=path for some of them)
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow and not faults" $(TESTS)

slow: $(VENV)/.dev ## the tests that take long: whole stories, load, random lives, requests after the specifications
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m slow $(TESTS)

faults: $(VENV)/.dev ## kill, halt, fill and restart what the bridge is made of, and write the ledgers into docs/reliability.md
	@rm -f tests/faults/out/ledger.jsonl
	@$(BIN)/python -m pytest -n 4 --dist worksteal tests/faults
	@$(BIN)/python -m tests.faults

fuzz: $(VENV)/.dev ## many requests after the official specifications (EXAMPLES=300 of each operation)
	@FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n 2 --dist worksteal tests/pinecone_emulator/test_specs.py

demo: $(VENV)/.dev ## the whole story, with real processes and real HTTP; non-zero exit when a step fails
	@$(BIN)/python -m tests.stories.demo

lint: $(VENV)/.dev ## ruff, mypy --strict and the import rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_import_rule.py

docs: $(VENV)/.dev ## write docs/triggers/, docs/actions/ and the apps of integrations/ from the schemas
	@$(BIN)/python -m bridge docs
	@for app in $(APPS); do $(BIN)/python -m integrations.$$app.generate || exit 1; done

bench: $(VENV)/.dev ## the benchmarks (ONLY=api|poll|delivery|backlog|emulator|actions|chat for one area, or node_red)
	@$(BIN)/python -m bench $(ONLY)

verifiers: tests/verifiers/node_modules/.done ## the verifiers of npm, which the tests of signatures use when they are there

typescript: tests/pinecone_emulator/typescript/node_modules/.done ## the TypeScript SDK, which the emulator's tests use when it is there

zapier: integrations/zapier/node_modules/.done $(VENV)/.dev ## the Zapier app: in step with schemas/, and valid to Zapier's own platform
	@$(BIN)/python -m integrations.zapier.generate --check
	@npm run --silent validate --prefix integrations/zapier > /dev/null

n8n: integrations/n8n/node_modules/.done $(VENV)/.dev ## the n8n nodes: in step with schemas/, and valid to n8n's own library and its lint rules
	@$(BIN)/python -m integrations.n8n.generate --check
	@npm run --silent validate --prefix integrations/n8n

sheets: integrations/google-sheets/node_modules/.done integrations/excel/node_modules/.done ## the scripts of Google Sheets and Excel: types, manifest, the rules of each platform
	@npm run --silent validate --prefix integrations/google-sheets
	@npm run --silent validate --prefix integrations/excel

check-clients: $(CLIENTS)/n8n/node_modules/.done $(CLIENTS)/node-red/node_modules/.done $(VENV)/.dev ## the n8n nodes and the Node-RED flow in a real n8n and a real Node-RED, by hand: downloads 2 GB once
	@$(BIN)/python -m pytest -q tests/integrations/check_n8n.py tests/integrations/check_node_red.py

sdk9: .venv-sdk9/.done ## an environment with SDK 9.0.1, which the emulator's tests use when it is there

lock: $(VENV)/.dev ## resolve the dependencies anew
	@for lock in "requirements.lock --extra bridge" "requirements-dev.lock --extra bridge --extra dev --extra imports"; do \
	set -- $$lock; out=$$1; shift; \
	$(BIN)/uv pip compile pyproject.toml "$$@" -q --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links -o $$out; done
	@$(BIN)/uv pip compile requirements-sdk9.in -q --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links -o requirements-sdk9.lock

clean: ## remove the environments and what the bridge has stored
	@rm -rf $(VENV) .venv-sdk9 var

define no_python
Pinehook needs Python 3.11, 3.12 or 3.13, and none was found as python3, python3.13, python3.12 or python3.11.
Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12
endef

$(VENV)/bin/python:
	$(if $(PYTHON),,$(error $(no_python)))
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing: on Debian, apt install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "installing the locked dependencies"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "installing the locked dependencies, those of developers too"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

tests/verifiers/node_modules/.done tests/pinecone_emulator/typescript/node_modules/.done \
integrations/zapier/node_modules/.done integrations/n8n/node_modules/.done \
integrations/google-sheets/node_modules/.done integrations/excel/node_modules/.done \
$(CLIENTS)/node-red/node_modules/.done: \
%/node_modules/.done: %/package-lock.json
	@npm ci --prefix $* --no-audit --no-fund --silent
	@touch $@

# n8n's own scripts reach for what is not needed; of them only SQLite's is run, and it is compiled with Node's headers.
$(CLIENTS)/n8n/node_modules/.done: $(CLIENTS)/n8n/package.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a < 20 || a > 24 || (a === 20 && b < 19) ? 1 : 0)' \
	|| { echo "n8n 1.123.0 needs Node.js 20.19 to 24"; exit 1; }
	@command -v g++ > /dev/null || { echo "n8n's SQLite is compiled here: it needs g++, make and python3"; exit 1; }
	@echo "installing n8n: 1.6 GB, four to ten minutes"
	@cd $(CLIENTS)/n8n && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --silent
	@cd $(CLIENTS)/n8n && npm_config_build_from_source=true \
	npm_config_nodedir="$$(dirname "$$(dirname "$$(readlink -f "$$(command -v node)")")")" npm rebuild sqlite3 --silent
	@touch $@

.venv-sdk9/.done: requirements-sdk9.lock
	$(if $(PYTHON),,$(error $(no_python)))
	@$(PYTHON) -m venv .venv-sdk9
	@.venv-sdk9/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-sdk9.lock
	@touch $@
