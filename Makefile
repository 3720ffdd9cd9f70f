# Needs python3 (3.11 or later) with pip, and make. Everything else is set up in .venv, from requirements-dev.txt.

PYTHON3 ?= python3
PYTHON := .venv/bin/python
READY := .venv/.ready
UV := build/uv/bin/uv
EMULATOR := build/emulator/.ready
PIP_INSTALL := $(PYTHON3) -m pip --disable-pip-version-check --no-input
PIP := $(PIP_INSTALL) --quiet --quiet
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
# Makes an environment by uv, in a quarter of pip's time, or by pip where uv is not available or knows no mirror.
# What is downloaded is shown; the list of what was installed is not. A pipe has the status of its last program.
define install
	@rm -rf $(1)
	@$(PYTHON3) -m venv --without-pip $(1)
	@$(MAKE) --silent --no-print-directory $(UV) 2>/dev/null || echo "uv is not available; pip takes longer."
	@if [ -x $(UV) ]; then \
		{ $(UV) pip install --python $(1)/bin/python --require-hashes -r $(2) 2>&1; echo "status $$?"; } | \
		awk '/^status / { status = $$2; next } !/^ +([+~-]|Downloaded|Building|Built) / { print; fflush() } END { exit status }'; \
	else false; fi || $(PIP_INSTALL) --python $(1)/bin/python install --require-hashes -r $(2)
endef

# A module stays on one worker, so that what its tests share is made once.
PYTEST := $(PYTHON) -m pytest --numprocesses logical --maxprocesses 8 --dist loadscope --no-loadscope-reorder $(if $(VERBOSE),-vv)

# The choice of the database makes no difference to these; they run on SQLite.
ONCE_TESTS := tests/config tests/infra tests/benchmarks tests/examples tests/browser tests/second_emulator tests/flows/test_time_travel.py \
	tests/proofs/protocol/test_delivery_protocol.py tests/proofs/charging/test_charging_protocol.py \
	tests/proofs/gate/test_gate_protocol.py tests/proofs/deployment_storm

# Tests of what takes long by its nature: packages, sandboxes, deployments, benchmarks, proofs, projects with another user model,
# and what schemathesis finds to ask.
LONG_TESTS := tests/benchmarks tests/browser tests/end_to_end tests/examples tests/flows tests/infra tests/proofs tests/second_emulator tests/upstream tests/user_models tests/api/test_contract.py

# Variables that a shell may hold for a deployment or another project must not affect these commands.
unexport DATABASE_URL DJANGO_SETTINGS_MODULE PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONOPTIMIZE PYTHONSAFEPATH
ON_AWS := configure stack data domain database-url plan deploy rollback manage tail status releases undeploy delete-data delete-stack
ifeq ($(filter $(ON_AWS),$(MAKECMDGOALS)),)
unexport AWS_PROFILE AWS_DEFAULT_PROFILE
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-fast proofs history chaos chaos-payments sleep storm mutations bench bench-quick package deploy-local configure stack data domain database-url plan deploy rollback manage tail status releases undeploy delete-data delete-stack stage-is-given lint format types cloudformation imports django-checks test-sqlite test-postgresql test-quick reference pictures schema audit audit-api messages browser lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## run everything here, with a local AWS; ONCE=1 ends after the first sweep, LAMBDA=1 runs the deployed zip
	@$(PYTHON) -m infra.run $(if $(filter-out 0,$(ONCE)),--once) $(if $(filter-out 0,$(LAMBDA)),--lambda)

test: $(READY) ## all checks, the tests on SQLite and on PostgreSQL, and a deployment to the local AWS
	@$(PYTHON) -m infra.checks test-sqlite lint imports django-checks cloudformation deploy-local types test-postgresql bench-quick

test-fast: $(READY) ## lint, types, and the tests on SQLite that need no package, sandbox or browser
	@$(PYTHON) -m infra.checks test-quick lint types

proofs: $(READY) ## mutations, history, storm, sleep and both chaos campaigns, one after the other, in about two hours
	@$(PYTHON) -m infra.checks --side-by-side 1 mutations history storm sleep chaos chaos-payments

history: $(READY) ## random histories of subscriptions by four processes, in four minutes; SEED=7 SECONDS=120
	@$(PYTHON) -m tests.proofs.history --seconds $(or $(SECONDS),120) $(if $(SEED),--seed $(SEED))

chaos: $(READY) ## the delivery under faults, in half an hour; SEEDS=20 SEED=7 NOTIFICATIONS=12000 CHAOS_PACE=1
	@$(PYTHON) -m pytest -s tests/proofs/protocol/test_delivery_protocol.py
	@$(PYTHON) -m tests.proofs.chaos $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(NOTIFICATIONS),--notifications $(NOTIFICATIONS))

chaos-payments: $(READY) ## charges under faults, and the model of their protocol, in half an hour; SEED=7 ORDERS=20000
	@$(PYTHON) -m pytest -n 0 -s tests/proofs/charging
	@$(PYTHON) -m tests.proofs.payment_chaos --until-hit $(if $(SEED),--seed $(SEED)) $(if $(ORDERS),--orders $(ORDERS))

sleep: $(READY) ## a month and a day of ticks before a database that sleeps, and histories of the gate, in an hour; HISTORIES=50
	@SLEEP_WHOLE=1 GATE_HISTORIES=$(or $(HISTORIES),50) $(PYTHON) -m infra.postgresql $(PYTHON) -m pytest -n 0 -s --show-capture=no \
		tests/flows/gate/test_sleeps.py tests/flows/gate/test_deployed_zip.py tests/flows/gate/test_histories.py

storm: $(READY) ## deployments that fail, are killed and undone by hand, in 15 minutes; SEED=7 STEPS=60
	@$(PYTHON) -m tests.proofs.deployment_storm $(if $(SEED),--seed $(SEED)) $(if $(STEPS),--steps $(STEPS))

mutations: $(READY) ## remove each rule of delivery, payments and the gate from a copy of the code, and see its tests fail
	@$(PYTHON) -m infra.postgresql $(PYTHON) -m tests.proofs.mutations

bench: $(READY) ## measure everything again and write docs/performance.md, in an hour; NAMES="sweep" for a part
	@$(PYTHON) -m benchmarks.bench $(NAMES)

bench-quick: $(READY) ## count queries, calls and rows written, and compare them with their bounds
	@echo "== counts of the benchmarks"
	@$(PYTHON) -m benchmarks.bench --quick $(NAMES)

package: $(READY) ## the zip that Lambda runs, in build/; STAGE=dev unless you say otherwise
	@$(PYTHON) -m infra.packaging.package $(or $(STAGE),dev)

lint: $(READY) ## ruff and djlint
	@echo "== lint"
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --check --quiet
	@$(PYTHON) -m djlint --check --lint --quiet .

format: $(READY) ## format the code
	@$(PYTHON) -m ruff check --quiet --fix
	@$(PYTHON) -m ruff format --quiet
	@$(PYTHON) -m djlint --reformat --quiet .

types: $(READY) ## mypy, strict
	@echo "== types"
	@DJANGO_LOCAL=1 $(PYTHON) -m mypy --no-error-summary

deploy-local: $(READY) ## a whole deployment on the local AWS: stack, deploy, update, roll back, undeploy
	@$(PYTHON) -m tests.end_to_end.deploy_local

configure: $(READY) stage-is-given ## write account, region, domain, sender and others into a stage's settings; asks, or PARAMETERS="Name=value ..."
	@$(PYTHON) -m infra.deployment.deploy configure $(STAGE) $(foreach given,$(PARAMETERS),--parameter '$(subst ','\'',$(given))')

stack: $(READY) stage-is-given ## make or update a stage's stack on AWS; PARAMETERS="Name=value ..."
	@$(PYTHON) -m infra.deployment.deploy stack $(STAGE) $(addprefix --parameter ,$(PARAMETERS))

data: $(READY) stage-is-given ## make or update a stage's database on AWS; PARAMETERS="Name=value ..."
	@$(PYTHON) -m infra.deployment.deploy data $(STAGE) $(addprefix --parameter ,$(PARAMETERS))

domain: $(READY) stage-is-given ## make or update a stage's domain and certificate on AWS; PARAMETERS="HostedZoneId=..."
	@$(PYTHON) -m infra.deployment.deploy domain $(STAGE) $(addprefix --parameter ,$(PARAMETERS))

database-url: $(READY) stage-is-given ## put the address of a database elsewhere into a stage's secret; asks for it
	@$(PYTHON) -m infra.deployment.deploy database-url $(STAGE)

plan: $(READY) stage-is-given ## what deploy would do to a stage, as a diff, without changing anything
	@$(PYTHON) -m infra.deployment.deploy plan $(STAGE)

deploy: $(READY) stage-is-given ## deploy a stage to AWS: check, package, update, migrate, test, keep or roll back
	@$(PYTHON) -m infra.deployment.deploy deploy $(STAGE)

rollback: $(READY) stage-is-given ## restore the release before the one that runs
	@$(PYTHON) -m infra.deployment.deploy rollback $(STAGE)

manage: $(READY) stage-is-given ## run one of manage.py's commands on Lambda; COMMAND="migrate --plan"
	@$(PYTHON) -m infra.deployment.deploy manage $(STAGE) --manage "$(COMMAND)"

tail: $(READY) stage-is-given ## follow a stage's log
	@$(PYTHON) -m infra.deployment.deploy tail $(STAGE)

status: $(READY) stage-is-given ## one table: release, commit, database, health, last sweep, alarms; fails unless the stage is healthy
	@$(PYTHON) -m infra.deployment.deploy status $(STAGE)

releases: $(READY) stage-is-given ## list a stage's kept releases and the live one
	@$(PYTHON) -m infra.deployment.deploy releases $(STAGE)

undeploy: $(READY) stage-is-given ## delete a stage's function, API and schedule; asks first, unless YES=1
	@$(PYTHON) -m infra.deployment.deploy undeploy $(STAGE)

delete-data: $(READY) stage-is-given ## delete a stage's database, which leaves a snapshot; asks first, unless YES=1
	@$(PYTHON) -m infra.deployment.deploy delete-data $(STAGE)

delete-stack: $(READY) stage-is-given ## delete a stage's stack, with the messages in its queues; asks first, unless YES=1
	@$(PYTHON) -m infra.deployment.deploy delete-stack $(STAGE)

stage-is-given:
	@test -n "$(STAGE)" || { echo "Name a stage of zappa_settings.json: make $(MAKECMDGOALS) STAGE=dev"; exit 1; }

cloudformation: $(READY) ## cfn-lint over the templates, and parliament over their policies
	@echo "== cloudformation"
	@.venv/bin/cfn-lint infra/cloudformation/*.yaml examples/consumer/*.yaml
	@$(PYTHON) -m infra.deployment.policies

imports: $(READY) ## check the import contracts
	@echo "== imports"
	@said=$$(.venv/bin/lint-imports --no-cache 2>&1) || { echo "$$said"; exit 1; }

django-checks: $(READY) ## Django's checks and ours, and missing migrations
	@echo "== django-checks"
	@mkdir -p .local
	@DJANGO_LOCAL=1 $(PYTHON) manage.py check
	@DJANGO_LOCAL=1 $(PYTHON) manage.py makemigrations --check --dry-run

test-sqlite: $(READY) $(EMULATOR) browser ## the tests on SQLite
	@echo "== tests on SQLite"
	@$(PYTEST) -m "not once"

test-postgresql: $(READY) ## the tests that use the database on a PostgreSQL of their own
	@echo "== tests on PostgreSQL"
	@$(PYTHON) -m infra.postgresql $(PYTEST) -m database $(addprefix --ignore=,$(ONCE_TESTS))

test-quick: $(READY)
	@$(PYTEST) -m "not deployed and not slow" $(addprefix --ignore=,$(LONG_TESTS))

reference: $(READY) ## write docs/reference and .env.example from the code
	@$(PYTHON) -m infra.documentation.reference

pictures: $(READY) browser ## take the README's pictures of a fresh `make run`
	@$(PYTHON) -m infra.documentation.pictures

audit: $(READY) browser audit-api ## hold Lighthouse at 95 on the public pages, and lint the API's description; needs node 20
	@$(PYTHON) -m infra.audit.lighthouse

audit-api: ## lint the API's description by redocly and spectral; needs node
	@cd infra/audit && npm ci --silent --no-audit --no-fund
	@cd infra/audit && node_modules/.bin/redocly lint ../../config/web/static/config/openapi.json --max-problems 20
	@cd infra/audit && node_modules/.bin/spectral lint --fail-severity hint ../../config/web/static/config/openapi.json

schema: $(READY) ## describe the API in config/web/static/config/openapi.json
	@$(PYTHON) -m infra.documentation.api_description

messages: $(READY) ## update the translations, and list what is not translated
	@$(PYTHON) -m infra.messages

browser: ## Chromium, for the tests in a browser; root installs it where it is missing (Debian)
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		if command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium ..."; apt-get update -qq && apt-get install -qq --no-install-recommends chromium >/dev/null; \
	else echo "The tests need Chromium: apt-get install chromium on Debian, or set CHROMIUM to its path."; exit 1; fi

lock: $(UV) ## pin requirements.in and requirements-dev.in again, with hashes
	@$(COMPILE) requirements.in --output-file requirements.txt
	@$(COMPILE) requirements-dev.in --output-file requirements-dev.txt
	@$(COMPILE) requirements-emulator.in --output-file requirements-emulator.txt

clean: ## delete the local database, mails and logs
	@rm -rf .local

distclean: clean ## also delete what was set up
	@rm -rf .venv build .*_cache .hypothesis

# The stamp comes last, so that an interrupted environment is made again.
$(READY): requirements-dev.txt
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "python3 must be Python 3.11 or later: make PYTHON3=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv from requirements-dev.txt ..."
	$(call install,.venv,requirements-dev.txt)
	@touch $@

# A second AWS emulator for the tests, whose botocore is not ours.
$(EMULATOR): requirements-emulator.txt
	@echo "Setting up the second AWS emulator ..."
	$(call install,build/emulator,requirements-emulator.txt)
	@touch $@

$(UV):
	@echo "Getting uv, which installs the rest ..."
	@$(PYTHON3) -m venv --without-pip build/uv
	@$(PIP) --python build/uv/bin/python install uv
