# One command for everything. `make` alone lists the commands.
#   ARGS   goes to the program behind the command: make demo ARGS="--headless --out D"
#   PYTHON is the interpreter that .venv is made with: make setup PYTHON=python3.13
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help interpreter setup setup-dev programs demo test quick lint bench lock clean
.PHONY: coverage rig rig10 torture chaos honest fuzz mutants old-browser firefox

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
PY := .venv/bin/python
TESTS ?= tests .ci/tests

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 16

interpreter:
	@$(python) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Shilu needs Python 3.11 or newer; $(PYTHON) is not: make setup PYTHON=python3.11" >&2; exit 1; }

setup: interpreter ## make .venv with the bench unit and the station; the command is .venv/bin/shilu
	@$(python) .ci/make_venv.py run

setup-dev: interpreter
	@$(python) .ci/make_venv.py dev

programs: setup-dev
	@$(PY) .ci/programs.py

demo: setup ## the two-minute story, from a press to a verdict
	@.venv/bin/shilu demo $(ARGS)

test: programs rig ## every test; sets up all it needs by itself
	@$(PY) -m pytest $(TESTS) $(ARGS)

rig: programs ## build the software camera that stands in for a sensor, once
	@$(PY) -m tests.rig.build

quick: setup-dev ## the tests that need no real process and no real media
	@$(PY) -m pytest -m "not slow" $(TESTS) $(ARGS)

lint: setup-dev ## format, lint, types, import rules, spelling, generated docs
	@.ci/check

bench: programs ## the budgets of the design; writes tests/bench/results.json
	@$(PY) tests/bench/run.py $(ARGS)

coverage: programs ## every branch of evidence, custody and release, or it says which is missing
	@.venv/bin/coverage run --branch --source=recorder/evidence -m pytest -q \
		tests/evidence tests/verify tests/tamper --deselect tests/tamper/test_honest.py tests/export/test_excerpt.py
	@.venv/bin/coverage report --skip-covered --fail-under=100
	@.venv/bin/coverage run --branch --source=recorder/custody,recorder/release --omit=$(CAGED) \
		-m pytest -q tests/custody tests/crash/test_kill_points.py -k "not killed" \
		--ignore=tests/custody/test_cage.py --ignore=tests/custody/test_program.py \
		--ignore=tests/custody/test_root.py --ignore=tests/custody/test_other_file_systems.py
	@.venv/bin/coverage report --skip-covered --show-missing --omit=$(CAGED) --fail-under=100

# What custody takes from itself it takes for good, in processes of their own that cannot write
# down their coverage after; each refusal is asked of the kernel in tests/custody/test_cage.py. The
# settings are read in such a process too: each wrong one is a sentence in test_program.py.
CAGED := recorder/custody/capabilities.py,recorder/custody/landlock.py,recorder/custody/seccomp.py,recorder/custody/settings.py

rig10: rig ## ten minutes at 1920x1080 on the software camera, every picture accounted for
	@$(PY) -m tests.rig.ten_minutes $(ARGS)

torture: programs ## two thousand power cuts; long
	@$(PY) -m pytest tests/crash/torture_power_cuts.py $(ARGS)

chaos: programs ## ten minutes of kills and cuts between units and station
	@$(PY) -m pytest tests/uplink/torture_chaos.py $(ARGS)

honest: setup-dev ## a thousand honest days, none of which may be called forged
	@$(PY) -m tests.tamper.thousand $(ARGS)

fuzz: setup-dev ## bad bytes for every parser, an hour by default; ARGS is the seconds
	@$(PY) -m tests.fuzz.run $(or $(ARGS),3600)

mutants: setup-dev ## does any test notice a check removed from the verifier? long
	@$(PY) tests/tamper/mutants.py $(ARGS)

old-browser: programs ## the page in a Chromium of 2021, which npm has
	@program=$$($(PY) -m tests.browser.old_chromium) && \
		$(PY) -m pytest tests/browser --chromium "$$program" $(ARGS)

FIREFOX ?= /usr/bin/firefox-esr
firefox: programs ## the page in a Firefox, every vector and every deed: FIREFOX=/usr/bin/firefox-esr
	@$(PY) -m pytest tests/browser/test_tamper_in_the_page.py tests/browser/test_same_answers.py \
		-k "the_page_says or a_package_vector" --firefox $(FIREFOX) $(ARGS)

lock: ## choose and lock the newest versions anew (needs uv)
	@.ci/lock --upgrade

clean: ## remove all that these commands made
	rm -rf .venv .cache demo-out dist .coverage .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Asked only when a command needs it, so that `make help` and `make clean` work without Python.
python = $(if $(PYTHON),$(PYTHON),$(error Shilu needs Python 3.11 or newer and finds none: \
	install it (on Debian or Ubuntu: sudo apt-get install python3) or name it: make setup PYTHON=/path/to/python3))
