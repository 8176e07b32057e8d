.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

bin := .venv/bin
python := $(bin)/python
# Programs are started by their interpreter: their own first lines hold the folder that they were installed in.
sam := .tools/sam/bin/python .tools/sam/bin/sam

# Options for the program behind a target: make test ARGS="-k session -x"
ARGS ?=

# Where the environment forbids Python to keep what it compiled, every start would take twice as long.
unexport PYTHONDONTWRITEBYTECODE
# Files are UTF-8, whatever the locale says.
export PYTHONUTF8 := 1
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0

# `make test -k session` would run all tests first: make takes -k for itself, and "session" for a target.
targets := $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))
unknown := $(filter-out $(targets),$(MAKECMDGOALS))
$(if $(unknown),$(error There is no target "$(firstword $(unknown))"; `make` lists them. Options go into ARGS: make test ARGS="-k session"))

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install everything: libraries, test chain, SAM, Chromium (Debian's package, if allowed); PYTHON=… names the Python
	@GOAL=$(or $(firstword $(MAKECMDGOALS)),setup) scripts/setup.sh all

.PHONY: setup-run
setup-run: ## Install only what `make run` needs (about 700 MB, a minute)
	@GOAL=$(or $(firstword $(MAKECMDGOALS)),run) scripts/setup.sh run

.PHONY: setup-check
setup-check: ## Install only what `make check` needs: no browser, no emulator
	@GOAL=$(or $(firstword $(MAKECMDGOALS)),check) scripts/setup.sh check

.PHONY: run
run: setup-run ## Start the whole application on this computer (BACKEND_HOST, BACKEND_PORT)
	@exec $(python) -m local_dev $(ARGS)

.PHONY: chat
chat: export FORGE_URL ?= http://$(or $(BACKEND_HOST),127.0.0.1):$(or $(BACKEND_PORT),8080)
chat: setup-run ## Talk to a running server in the terminal (BACKEND_HOST, BACKEND_PORT or FORGE_URL)
	@exec $(python) -m forge_client $(ARGS)

.PHONY: test
test: setup ## Run the tests, four at a time, for many of them wait (ARGS="-k session")
	@$(python) -m pytest --numprocesses=4 --dist=loadfile --no-loadscope-reorder -m "not faults and not deployed" $(ARGS)

.PHONY: test-fast
test-fast: setup-check ## Run the quick tests that need no browser, no chain and no other process
	@$(python) -m pytest -p tests.fast --hypothesis-profile=fast --numprocesses=2 --dist=loadfile $(ARGS)

.PHONY: fuzz
fuzz: setup ## Look for values that break the property tests: new ones each time; whole tables (several minutes)
	@$(python) -m pytest --numprocesses=2 --hypothesis-profile=search --timeout=600 -m hypothesis $(ARGS)

.PHONY: test-faults
test-faults: setup ## Run the tests that kill, freeze and cut off real processes (minutes)
	@$(python) -m pytest -m faults $(ARGS)

.PHONY: test-deploy
test-deploy: setup ## Deploy to an AWS account on this computer (MiniStack) and use what was deployed (minutes)
	@scripts/setup.sh account
	@$(python) -m pytest -m deployed --timeout=420 $(ARGS)

.PHONY: openapi
openapi: setup-check ## Write docs/openapi.json from the handlers
	@$(python) -m local_dev.openapi

# Each part takes one processor for most of its time, so as many run at once as there are processors.
check_parts := check-python check-page check-template check-security check-build check-bill check-advisories
at_once = --jobs=$(shell getconf _NPROCESSORS_ONLN) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: check
check: setup-check ## Formatting, lint, types, contracts, template, build, bill, advisories
	@$(MAKE) $(at_once) $(check_parts)

.PHONY: check-python
check-python: setup-check
	$(bin)/ruff format --check
	$(bin)/ruff check
	$(bin)/pyrefly check
	$(python) $(bin)/lint-imports

.PHONY: check-page
check-page: setup-check
	$(if $(wildcard frontend/jsconfig.json),node_modules/.bin/tsc --project frontend/jsconfig.json,@:)

.PHONY: check-template
check-template: setup-check
	$(python) $(bin)/cfn-lint template.yaml

.PHONY: check-security
check-security: setup-check
	.tools/checkov/bin/python .tools/checkov/bin/checkov --config-file .checkov.yaml

.PHONY: check-build
check-build: setup-check
	$(sam) validate --lint --region us-east-1
	$(sam) build

# What a turn sends is counted, and held to deploy/turn.json and bench/turn_budgets.json.
.PHONY: check-bill
check-bill: setup-check
	$(python) -m pytest --quiet tests/cost

# Says loudly what it could not ask; only an advisory that is known fails.
.PHONY: check-advisories
check-advisories: setup-check
	$(python) -m deploy.advisories

.PHONY: sbom
sbom: setup-check ## Print the software bill of materials of what is deployed (CycloneDX; ARGS=--all: of development, too)
	@$(python) -m deploy.sbom $(ARGS)

.PHONY: release
release: setup-check ## Make a version of what CHANGELOG.md lists as unreleased: a commit and a tag (VERSION=1.2.3)
	@$(python) -m deploy.release "$(VERSION)"

.PHONY: base-images
base-images: setup-check ## Pin the base images of the worker's container by their present digests (needs Docker)
	@$(python) -m deploy.base_images

.PHONY: format
format: setup-check ## Format the code and mend what the linter can
	$(bin)/ruff format
	$(bin)/ruff check --fix

.PHONY: types
types: setup-check ## Write frontend/client/types anew, after the JavaScript client has changed
	@rm -rf frontend/client/types
	node_modules/.bin/tsc --project frontend/client/tsconfig.json

# Each smaller set is a selection from the development set, so all of them hold the same versions.
lock_set = $(bin)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	$(ARGS) requirements/$(1).in --output-file requirements/$(1).txt

.PHONY: lock
lock: setup-check ## Lock requirements/*.in again (ARGS=--upgrade takes new versions)
	$(call lock_set,uv)
	$(call lock_set,dev)
	$(call lock_set,layer) --constraint requirements/dev.txt
	$(call lock_set,worker) --constraint requirements/dev.txt
	$(call lock_set,local) --constraint requirements/dev.txt
	$(call lock_set,sam)
	$(call lock_set,ministack)
	$(call lock_set,account)
	$(call lock_set,checkov)
	npm install --package-lock-only --loglevel=error

.PHONY: bench
bench: setup ## Measure speed and memory beside a bare server (20 minutes; ARGS=--quick: 3; --write: docs/performance.md)
	@$(python) -m bench $(ARGS)

.PHONY: bench-cost
bench-cost: setup-check ## Count what a turn sends to AWS, and price it (ARGS=--write makes that the budgets)
	@$(python) -m bench.cost $(ARGS)

.PHONY: bench-attacks
bench-attacks: setup ## Measure others' answers while somebody attacks (ARGS=--quick: six minutes)
	@$(python) -m bench.attacks $(ARGS)

.PHONY: bench-capacity
bench-capacity: setup ## Simulate a week at four sizes against the scaling rules (ARGS="--replay": a part on real workers)
	@$(python) -m bench.capacity $(ARGS)

.PHONY: eval
eval: setup ## Ask the agent a set of questions and grade its work
	@$(python) -m bench.eval $(ARGS)

.PHONY: soak
soak: setup ## Hundreds of sessions under random faults (ten minutes); ARGS=--help shows what else
	@$(python) -m bench.soak $(ARGS)

.PHONY: deploy
deploy: export SAM := $(sam)
deploy: setup-check ## Create or update an installation in AWS (STACK=name; ARGS=--help shows what can be set)
	@exec $(python) -m deploy up $(if $(STACK),--stack $(STACK)) $(ARGS)

.PHONY: undeploy
undeploy: export SAM := $(sam)
undeploy: setup-check ## Remove an installation from AWS (STACK=name)
	@exec $(python) -m deploy down $(if $(STACK),--stack $(STACK)) $(ARGS)

.PHONY: dead-letters
dead-letters: setup-run ## List what was given up, here or in a deployment (STACK=name, ARGS="requeue RUN_ID")
	@exec $(python) -m local_dev.dead_letters $(if $(STACK),--stack $(STACK)) $(ARGS)

.PHONY: mcp-pins
mcp-pins: setup-run ## List tools of external servers that wait for a word (STACK=name, ARGS="agree SERVER TOOL FINGERPRINT")
	@exec $(python) -m local_dev.mcp_pins $(if $(STACK),--stack $(STACK)) $(ARGS)

.PHONY: clean
clean: ## Remove what was installed and built; .local/ (logs, kept conversations) stays
	rm -rf .venv .tools .aws-sam node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
