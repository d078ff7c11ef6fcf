# Each target sets up what it needs, so a clean clone is enough. Root (sudo) is used for apt alone.

LISTEN ?= 127.0.0.1:8470
STATE_DIR ?= var
# More words for `tgcfd serve` (make run) or for pytest (make test, make test-newest).
ARGS ?=
# How many of pytest's processes share the tests of a run, file by file: many wait for something most of their time.
JOBS ?= $(shell expr $$(nproc) + 1)

PYTHON := /usr/bin/python3
VENV := .venv
NEWEST := .venv-newest
FUZZ := .venv-fuzz
TOGETHER := -n $(JOBS) --dist loadfile
# Which of the two serves; the second test run says $(NEWEST).
RUN_IN ?= $(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.DEFAULT_GOAL := help
.PHONY: help run demo test test-newest test-trixie fuzz lint bench bench-worker bench-host bench-api bench-login bench-web host-shell deb deb-check docs clean apt-run apt-test apt-host apt-browser apt-bench apt-deb

help: ## Say what can be made
	@echo "make run           serve on http://$(LISTEN), data in $(STATE_DIR)/  (LISTEN=, STATE_DIR=, ARGS=)"
	@echo "make demo          the same with an account that forwards, through a small Telegram on this machine   (LISTEN=)"
	@echo "make test          run the whole test suite on Debian's versions; as root with the tests on a real systemd   (ARGS=)"
	@echo "make test-newest   run it again on the newest versions of our libraries"
	@echo "make test-trixie   run its tests on a real systemd on Debian 13 instead of 12 (as root)   (ARGS=)"
	@echo "make fuzz          ask a running daemon whatever its API contract allows and does not: reports in build/fuzz/   (ARGS=)"
	@echo "make host-shell    a root shell in a throw-away Debian with systemd and the work tree installed (as root)"
	@echo "make deb           build the Debian package of what is committed: dist/tgcfd_*_all.deb; make deb-check: and ask lintian"
	@echo "make lint          ruff, mypy"
	@echo "make docs          write docs/errors.md from the error classes"
	@echo "make bench         all benchmarks; make bench-worker: memory and start time of a worker; make bench-host: as root,"
	@echo "                   starts, logs and status on a real systemd beside the host's own tools; make bench-api: what"
	@echo "                   others feel of log-in floods; make bench-login: whether a log-in's time tells who has an account;"
	@echo "                   make bench-web: how long the web page takes to be of use,"
	@echo "                   how much comes for it, and whether a long log stays smooth"
	@echo "make clean         remove what make has made, but not your data in $(STATE_DIR)/"

# Registration is open where nobody but who is on this machine can come in.
RUN_SETTINGS := packaging/make-run$(if $(filter 127.0.0.1:% localhost:% [::1]:%,$(LISTEN)),,-for-others).yml

run: apt-run $(RUN_IN)/ready build/runtime tgcfd/web/lib
	@exec $(RUN_IN)/bin/tgcfd serve --config $(RUN_SETTINGS) \
		--listen '$(LISTEN)' --state-dir '$(STATE_DIR)' $(ARGS)

# The data is build/demo's, and is new each time.
demo: apt-run $(VENV)/ready build/runtime tgcfd/web/lib
	@exec $(VENV)/bin/python -B -m tests.demo --listen '$(LISTEN)' $(ARGS)

test: apt-test apt-host apt-deb apt-browser $(VENV)/browser build/runtime tgcfd/web/lib
	$(VENV)/bin/python -m pytest $(TOGETHER) $(ARGS)

test-newest: apt-test apt-deb $(NEWEST)/ready build/runtime tgcfd/web/lib
	@echo "Without tests/host: a host with systemd has Debian's versions; without tests/browser: the page is the same"
	$(NEWEST)/bin/python -m pytest -o asyncio_default_fixture_loop_scope=function --ignore=tests/host \
		--ignore=tests/browser $(TOGETHER) $(ARGS)

test-trixie: apt-test apt-host apt-deb $(VENV)/ready build/runtime tgcfd/web/lib
	TGCFD_HOST_SUITE=trixie $(VENV)/bin/python -m pytest tests/host $(TOGETHER) $(ARGS)

fuzz: apt-test $(FUZZ)/ready build/runtime tgcfd/web/lib
	@$(PYTHON) -B -m tests.fuzz $(ARGS)

deb: apt-run apt-deb build/runtime tgcfd/web/lib
	@packaging/deb $(ARGS)

deb-check: deb
	lintian --pedantic --display-info --fail-on error,warning dist/tgcfd_*_all.deb

host-shell: apt-test apt-host build/runtime tgcfd/web/lib
	@$(PYTHON) -B -m tests.host.shell $(ARGS)

docs: apt-test $(VENV)/ready
	@$(VENV)/bin/python -c 'from tgcfd.api.docs.codes import as_markdown; print(as_markdown(), end="")' >docs/errors.md.new
	@mv docs/errors.md.new docs/errors.md

lint: apt-test $(VENV)/tools
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: bench-worker bench-host bench-api bench-web

bench-worker: apt-test build/runtime
	$(PYTHON) tests/bench/worker.py

bench-host: apt-test apt-host apt-bench build/runtime tgcfd/web/lib
	$(PYTHON) -B -m tests.bench.host

bench-api: apt-test build/runtime tgcfd/web/lib
	$(PYTHON) -B -m tests.bench.api

bench-login: apt-test build/runtime tgcfd/web/lib
	$(PYTHON) -B -m tests.bench.login

bench-web: apt-run apt-browser $(VENV)/browser build/runtime tgcfd/web/lib
	@$(VENV)/bin/python -B -m tests.bench.web; web=$$?; $(VENV)/bin/python -B -m tests.bench.log_page && exit $$web

clean:
	rm -rf build dist tgcfd/web/lib $(VENV) $(NEWEST) $(FUZZ) *.egg-info .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the targets stand on

apt-run:
	@packaging/apt/install packaging/apt/run

apt-test:
	@packaging/apt/install packaging/apt/run packaging/apt/test

# Who is not root cannot boot a machine, and so needs nothing for it.
apt-host:
	@[ "$$(id -u)" != 0 ] || packaging/apt/install packaging/apt/host

apt-browser:
	@packaging/apt/install packaging/apt/browser

apt-bench:
	@packaging/apt/install packaging/apt/bench

apt-deb:
	@packaging/apt/install packaging/apt/deb

# The daemon runs on Debian's own Python and packages, as the Debian package does.
$(VENV)/ready: setup.cfg | apt-run
	@[ ! -L $(VENV) ] || { echo "$(VENV) is a link: what it leads to would be emptied. Remove the link."; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv --clear --system-site-packages $(VENV)
	@$(VENV)/bin/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/tools: packaging/tools.txt $(VENV)/ready
	@$(VENV)/bin/pip install -q -r packaging/tools.txt
	@touch $@

# Chromium comes from Debian: playwright only drives it, and fetches no browser.
$(VENV)/browser: packaging/browser.txt $(VENV)/ready
	@$(VENV)/bin/pip install -q --no-deps -r packaging/browser.txt
	@touch $@

$(NEWEST)/ready: setup.cfg packaging/newest.txt | apt-test
	@echo "Setting up $(NEWEST)"
	@$(PYTHON) -m venv --clear --system-site-packages $(NEWEST)
	@$(NEWEST)/bin/pip install -q --upgrade -r packaging/newest.txt
	@$(NEWEST)/bin/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# Kept apart from all else: its own libraries are newer than Debian's.
$(FUZZ)/ready: packaging/fuzz.txt | apt-test
	@echo "Setting up $(FUZZ)"
	@$(PYTHON) -m venv --clear $(FUZZ)
	@$(FUZZ)/bin/pip install -q -r packaging/fuzz.txt
	@touch $@

# tgcf's own set, kept apart from the daemon's libraries; moved into place only when it is whole.
build/runtime: packaging/runtime.lock | $(VENV)/ready
	@echo "Fetching tgcf's runtime"
	@rm -rf build/runtime.new
	@$(VENV)/bin/pip install -q --no-deps --no-compile --require-hashes --only-binary :all: --platform any \
		--python-version 3.11 --implementation py --abi none --target build/runtime.new -r packaging/runtime.lock
	@$(PYTHON) -W ignore::SyntaxWarning -m compileall -q build/runtime.new
	@touch build/runtime.new
	@rm -rf build/runtime
	@mv build/runtime.new build/runtime

# What the web page loads from others; moved into place only when it is whole.
tgcfd/web/lib: packaging/web/package-lock.json packaging/web/package.json packaging/web/fetch packaging/web/LICENSES.txt packaging/web/preact.js
	@echo "Fetching the web page's libraries"
	@packaging/web/fetch
