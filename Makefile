# `make demo` and `make test` set up all that they need; each is enough as the first command, and both can be repeated.
# Precondition: Python 3.11 or later with venv, and make. Another interpreter: make PYTHON=python3.12 test

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin

# The environment is made anew when the lock, the interpreter or this folder's place changes, and never otherwise.
KEY := $(shell { $(PYTHON) -VV; pwd -P; cat requirements.lock; } 2>/dev/null | cksum | tr ' ' '-')
PACKAGES := .venv/packages-$(KEY)
PROJECT := .venv/project

# Desktops and phones have the machine to themselves; before them the rest is shared out over two processes, a file at a
# time. (A browser of the tests waits for its page, however long that takes beside others.)
DEVICES := desktop or android
# Either part may hold no test that ARGS selects (5), but not both.
both = @$(BIN)/python -m pytest -n 2 --dist loadfile -m "$(1)" $(ARGS); first=$$?; [ $$first -eq 0 ] || [ $$first -eq 5 ] || exit $$first; \
  $(BIN)/python -m pytest -m "$(2)" $(ARGS); second=$$?; [ $$second -ne 5 ] || exit $$first; exit $$second

.PHONY: help setup browser desktop adb check test slow demo bench curation engines apps coverage truth consumers soak fuzz lock clean

help: ## Show these lines
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

setup: $(PROJECT) ## Make .venv from requirements.lock, with the project in it
	@:

browser: setup ## Find a Chromium that works, or get one
	@$(BIN)/python -m explorers.setup.chromium --install

desktop: setup ## Get what desktops need, as root; without it their tests are skipped
	@$(BIN)/python -m explorers.setup.desktop_packages --install || echo "The tests of desktops are skipped."
	@$(BIN)/python -m explorers.setup.chromium --install --visible || echo "The test of a browser with windows is skipped."

adb: setup ## Get adb where it is missing, as root; else the tests take the one in the package adbutils
	@$(BIN)/python -m explorers.setup.adb

check: setup ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: setup browser desktop adb check ## Check, then run the tests but the slow ones (ARGS="-k name" selects)
	$(call both,not slow and not ($(DEVICES)),not slow and ($(DEVICES)))

slow: setup browser desktop adb ## Run the slow tests: hostile pages, the demo, other workers, killed jobs
	$(BIN)/python -m pytest -m slow $(ARGS)

demo: setup browser ## Explore a real site and write its datasets (URL=... takes another site)
	$(BIN)/python -m benchmarks.demo $(if $(URL),--url "$$URL")

bench: setup browser ## Time a step against BrowserGym and a bare DevTools loop (ARGS="--rounds 20"), then curation
	$(BIN)/python -m benchmarks.speed $(ARGS)
	$(BIN)/python -m benchmarks.curation $(CURATION)

curation: setup ## Measure the kernels of curation (CURATION="hamming --faiss PYTHON --datatrove PYTHON")
	$(BIN)/python -m benchmarks.curation $(CURATION)

engines: setup ## Compare the bytes that each of Beam's engines gives (ARGS="--only flink")
	$(BIN)/python -m benchmarks.engines $(ARGS)

apps: setup browser ## Explore real applications, each on loopback (ARGS="dokuwiki --steps 40")
	$(BIN)/python -m benchmarks.apps $(ARGS)

coverage: setup browser ## Count the states that each policy reaches in four applications (ARGS="dokuwiki --seeds 1")
	$(BIN)/python -m benchmarks.coverage $(ARGS)

truth: setup browser ## Hold the rules against the rewards that MiniWoB++ computes (ARGS="--kinds click-button")
	$(BIN)/python -m benchmarks.miniwob $(ARGS)

consumers: setup ## Load and train with TRL, LLaMA-Factory, ms-swift, datasets, in .consumers (ARGS="--only trl"; make demo first)
	$(BIN)/python -m benchmarks.consumers $(ARGS)

soak: setup browser ## Explore a site for an hour and watch the memory (ARGS="--minutes 10 --every 30")
	$(BIN)/python -m benchmarks.soak $(ARGS)

fuzz: setup ## Change traces, data files, answers, pictures ... ten thousand times (ARGS="--cases 500 --seed 1")
	$(BIN)/python -m benchmarks.fuzz $(ARGS)

lock: ## Resolve the dependencies again (needs uv)
	@command -v $(UV) >/dev/null || { echo "No uv: run 'pip install uv'." >&2; exit 1; }
	$(UV) pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-index-url --custom-compile-command "make lock" --upgrade --quiet --output-file requirements.lock

clean: ## Remove the environment, the unpacked browser and the caches; demo/ stays
	rm -rf .venv .chromium .bench .consumers .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PACKAGES):
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON): run 'apt-get install -y python3 python3-venv' as root, or name another with 'make PYTHON=...'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || \
	  { echo "$$($(PYTHON) -V 2>&1) does not fit, Hindtrace needs 3.11 to 3.14: name one, such as 'make PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv: run 'apt-get install -y $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')' as root." >&2; exit 1; }
	@test -w . || { echo "$$(pwd) is not writable for $$(id -un): clone it into a folder of your own." >&2; exit 1; }
	@echo "Installing the locked packages into .venv (1.6 GB, about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes -r requirements.lock
	@touch $@

$(PROJECT): $(PACKAGES) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@
