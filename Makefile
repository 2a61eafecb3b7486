# SPDX-License-Identifier: GPL-3.0-or-later
# netladder: `make ladder` measures, `make check` tests, `make help` lists the rest.

# The version stands here alone, and in CHANGELOG.md, which a unit test holds against it.
VERSION := 0.2.0
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
# What benchmarks, soaks and ladder-vm are given on their command line.
OPTIONS ?=
# How many compilers at once, where a target starts make by itself.
JOBS ?= $(shell nproc)
PKG_CONFIG ?= pkg-config

# libev, libcsv, libplot ship no pkg-config file; the rest is asked for when it is there, so that `make` can say what is missing.
PACKAGES := libcyaml yaml-0.1 libnl-route-3.0 libnl-3.0 libnl-genl-3.0 libnftables gsl libcjson libcap-ng librsvg-2.0 cairo nettle liblzma libcurl libarchive
AGENT_PACKAGES := libcjson libcap-ng libseccomp libcares
TEST_PACKAGES := cmocka

OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror
SANITIZE ?=
CPPFLAGS += -D_GNU_SOURCE -DLAD_VERSION='"$(VERSION)"' -DLAD_BUILD='"$(BUILD)"' -Iinclude -Isrc -Itests/support -Itests/bench
# Asked at the first use, not before: in `make deps all` the libraries come only with the first of the two.
# -isystem: warnings are for our code, not for the libraries' headers.
once = $(eval $(1) := $(2))$($(1))
LIBRARY_CFLAGS = $(call once,LIBRARY_CFLAGS,$(subst -I,-isystem ,$(shell $(PKG_CONFIG) --cflags $(PACKAGES) $(TEST_PACKAGES) 2>/dev/null)))
CFLAGS ?= $(OPTIMISE)
# The same program from any folder: the vm lab names its runs after what is in them.
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CFLAGS) $(SANITIZE) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
LDLIBS_RUNNER = $(call once,LDLIBS_RUNNER,$(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -lcsv -lplot -lm -pthread)
LDLIBS_AGENT = $(call once,LDLIBS_AGENT,$(shell $(PKG_CONFIG) --libs $(AGENT_PACKAGES) 2>/dev/null) -lev -lm -pthread)
LDLIBS_TEST = $(call once,LDLIBS_TEST,$(shell $(PKG_CONFIG) --libs $(TEST_PACKAGES) 2>/dev/null))

AGENT_SOURCES := $(wildcard src/agent/*/*.c)
SHARED_SOURCES := $(wildcard src/common/*.c)
RUNNER_SOURCES := $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c src/*/*/*.c))
GUEST_SOURCES := $(wildcard src/guest/*.c)
RUNNER_SOURCES := $(filter-out $(AGENT_SOURCES) $(SHARED_SOURCES) $(GUEST_SOURCES),$(RUNNER_SOURCES))
AGENT_LIBRARY_SOURCES := $(filter-out src/agent/core/main.c,$(AGENT_SOURCES))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
INTEGRATION_SOURCES := $(wildcard tests/integration/test_*.c)
FUZZ_TARGETS := scenario results protocol datagram records greeting engine
FUZZ_SOURCES := $(FUZZ_TARGETS:%=tests/fuzz/%.c)
BENCH_PEERS_SOURCES := tests/bench/bench_peers.c $(wildcard tests/bench/peers/*.c)
SUPPORT_SOURCES := $(filter-out tests/support/filter.c,$(wildcard tests/support/*.c))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
SUPPORT := $(call object,tests/support/filter.c) $(BUILD)/libsupport.a
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES)) $(BUILD)/tests/fuzz/replay
INTEGRATION_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(INTEGRATION_SOURCES))
VM_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/vm/test_*.c))
# An agent that is 1 % slower on purpose, which the vm lab has to tell from the other.
SLOWER_AGENT := $(BUILD)-slow-1/netladder-agent
BROWSER_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/browser/test_*.c))
DOCKER_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/docker/test_*.c))
# test_docs_commands runs the programs, which `make check` does not build sanitised.
SANITIZED_UNIT_TESTS := $(patsubst $(BUILD)/%,$(BUILD)-sanitize/%,$(filter-out %/test_docs_commands,$(UNIT_TESTS)))
# These hold one rate against another, and have the CPUs to themselves. Every other test holds on a busy machine.
SERIAL_TESTS := $(addprefix $(BUILD)/tests/integration/,test_truth test_workload_datagrams test_search)
PARALLEL_TESTS := $(filter-out $(SERIAL_TESTS),$(INTEGRATION_TESTS))

.PHONY: all
all: $(BUILD)/netladder $(BUILD)/netladder-agent $(BUILD)/netladder-guest

# The main job. Exit code 1 says that the documented order is refuted here, which is an answer and no failure.
.PHONY: ladder
ladder:
	@scripts/install-deps.sh build
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(BUILD)/netladder run scenarios/ladder.yaml || [ $$? -eq 1 ]
	@echo "make ladder-vm shows the whole ladder, ipvlan included, on any kernel and exactly reproducible."

# The same ladder with ipvlan in it, in a virtual machine whose clock counts instructions: the same bytes in every run.
.PHONY: ladder-vm
ladder-vm:
	@scripts/install-deps.sh vm
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@scripts/fetch-kernel.sh >/dev/null
	@$(BUILD)/netladder run scenarios/ladder-vm.yaml $(OPTIONS) || [ $$? -eq 1 ]

# Does every repeat on the instruction clock give the same bytes? OPTIONS="--runs 40 --only busy" for more or other ones.
.PHONY: soak-vm
soak-vm:
	@scripts/install-deps.sh vm
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@scripts/fetch-kernel.sh >/dev/null
	@scripts/soak-vm.sh $(OPTIONS)

# The vm tests come behind the others: QEMU can keep a CPU for half a minute, which no trial beside it survives.
.PHONY: check
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all tests sanitized-unit-tests
	@scripts/fetch-kernel.sh >/dev/null
	@scripts/run-tests.sh --jobs $(JOBS) $(BROWSER_TESTS) $(PARALLEL_TESTS) $(UNIT_TESTS) $(SANITIZED_UNIT_TESTS) \
		--jobs 1 $(DOCKER_TESTS) -- $(VM_TESTS) $(SERIAL_TESTS)

.PHONY: unit integration browser docker tests unit-tests
tests: unit-tests all $(INTEGRATION_TESTS) $(BUILD)/tests/faults.so $(VM_TESTS) $(SLOWER_AGENT) $(DOCKER_TESTS) $(BROWSER_TESTS) $(BUILD)/axe.min.js $(BUILD)/tests/bench/bench_peers
unit-tests: $(UNIT_TESTS)
unit: unit-tests all
	@scripts/run-tests.sh --jobs $(JOBS) $(UNIT_TESTS)
integration: all $(INTEGRATION_TESTS) $(BUILD)/tests/faults.so
	@scripts/run-tests.sh --jobs $(JOBS) $(PARALLEL_TESTS) -- $(SERIAL_TESTS)
.PHONY: vm
vm: all $(VM_TESTS) $(SLOWER_AGENT)
	@scripts/fetch-kernel.sh >/dev/null
	@scripts/run-tests.sh $(VM_TESTS)
docker: all $(DOCKER_TESTS)
	@scripts/run-tests.sh $(DOCKER_TESTS)
browser: $(BROWSER_TESTS) $(BUILD)/axe.min.js
	@scripts/run-tests.sh $(BROWSER_TESTS)

# Its own make knows what it is made of.
.PHONY: FORCE
$(SLOWER_AGENT): FORCE
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)-slow-1 OPTIMISE="$(OPTIMISE) -DLAD_TEST_SLOWDOWN_PERCENT=1" $@

SANITIZERS := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
# -O1: what the sanitizers add takes a third of the compiler's time less to optimise, and nothing is measured with it.
SANITIZED := BUILD=$(BUILD)-sanitize SANITIZE="$(SANITIZERS)" OPTIMISE="-O1 -g"
.PHONY: sanitize sanitized-unit-tests
sanitized-unit-tests:
	@$(MAKE) --no-print-directory $(SANITIZED) unit-tests
sanitize:
	@$(MAKE) --no-print-directory $(SANITIZED) unit integration

.PHONY: bench-setup
bench-setup: all $(BUILD)/tests/bench/bench_setup
	@$(BUILD)/tests/bench/bench_setup $(if $(PAIRS),--pairs $(PAIRS)) $(OPTIONS)

# On two engines of its own. PAIRS=16: so many at once.
.PHONY: bench-docker
bench-docker: all $(BUILD)/tests/bench/bench_docker
	@trap 'scripts/engines.sh stop' EXIT; \
		$(BUILD)/tests/bench/bench_docker "$$(scripts/engines.sh start --in-memory)" $(or $(PAIRS),1)

# Our agent beside iperf3, sockperf and bare loops. OPTIONS="--modes host --metric tcp_rr --rounds 12" for less or more.
.PHONY: bench-peers
bench-peers: deps
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/bench_peers
	@$(BUILD)/tests/bench/bench_peers $(if $(PEERS),--peers $(PEERS)) $(OPTIONS)

# How much of its CPU time the agent spends outside system calls.
.PHONY: agent-share
agent-share: all $(BUILD)/tests/bench/bench_peers $(BUILD)/tests/bench/netladder-agent-timed
	@$(BUILD)/tests/bench/bench_peers --share --metric tcp_stream,udp_plain,udp_batch,udp_gso,tcp_rr,udp_rr --seconds 1 --rounds 3 $(OPTIONS)

# How time and memory of verdict, compare, chart and report grow with the rows of a results.csv.
.PHONY: bench-results
bench-results: all $(BUILD)/tests/bench/bench_results
	@$(BUILD)/tests/bench/bench_results

# Is a regression found, and only a real one? 20 comparisons each; more in the script.
.PHONY: bench-gate
bench-gate: all
	@scripts/bench-gate.sh

# Searches for FUZZ_SECONDS in each target; what it finds belongs into tests/fuzz/corpus. Needs clang.
FUZZ_SECONDS ?= 60
FUZZ_BUILD := $(BUILD)-fuzz
.PHONY: fuzz
fuzz: $(BUILD)/src/report/report.js.hash
	@mkdir -p $(FUZZ_BUILD)
	@for target in $(FUZZ_TARGETS); do \
		clang $(CPPFLAGS) $(LIBRARY_CFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined \
			-DFUZZ_TARGET=fuzz_$$target -Itests/fuzz tests/fuzz/libfuzzer.c tests/fuzz/$$target.c \
			$(RUNNER_SOURCES) $(AGENT_LIBRARY_SOURCES) $(SHARED_SOURCES) -o $(FUZZ_BUILD)/$$target \
			$(LDLIBS_RUNNER) $(LDLIBS_AGENT) && \
		mkdir -p $(FUZZ_BUILD)/corpus/$$target && \
		LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0 \
		$(FUZZ_BUILD)/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=5 -artifact_prefix=$(FUZZ_BUILD)/$$target- \
			-print_final_stats=1 $(FUZZ_BUILD)/corpus/$$target tests/fuzz/corpus/$$target || exit 1; \
	done

# The pictures of the documentation, from results that are in the repository.
DOCS_RESULTS ?= results/example results/reference results/service results/rrul results/capacity
.PHONY: docs-images
docs-images: all
	@for folder in $(DOCS_RESULTS); do \
		kinds="ladder cost"; \
		[ ! -e $$folder/histograms.csv ] || kinds="$$kinds latency"; \
		! grep -q '^sweep:' $$folder/scenario.yaml || kinds=sweep; \
		! grep -q 'background:' $$folder/scenario.yaml || kinds=under-load; \
		! grep -q '^name: capacity' $$folder/scenario.yaml || kinds=capacity; \
		for kind in $$kinds; do \
			for file in $$kind.svg $$kind.png; do \
				$(BUILD)/netladder chart $$folder --kind $$kind --output $$folder/$$file || exit 1; \
			done; \
		done; \
	done

# docs/columns.md, from the tables that the program itself uses; a unit test says when it is behind them.
.PHONY: docs-columns
docs-columns: $(BUILD)/netladder
	@mkdir -p docs
	@$(BUILD)/netladder columns --format markdown >docs/columns.md

.PHONY: deps
deps:
	@scripts/install-deps.sh

C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
.PHONY: format lint
format:
	clang-format -i $(C_FILES)

lint:
	clang-format --dry-run -Werror $(C_FILES)
	shellcheck scripts/*.sh .ci/run
	@# cppcheck does not know __attribute__((cleanup)): what it calls leaks is released there; LeakSanitizer looks for the rest.
	@# varFuncNullUB is about C++: in C on Linux NULL is a pointer, and the sentinel attribute has gcc check for it.
	cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=resourceLeak --suppress=memleak --suppress=varFuncNullUB -Iinclude -Isrc -DLAD_VERSION='"x"' src
	@# gcc builds it; clang has its own warnings.
	clang -fsyntax-only -std=gnu11 $(WARNINGS) $(CPPFLAGS) $(LIBRARY_CFLAGS) $(filter-out tests/fuzz/libfuzzer.c,$(filter %.c,$(C_FILES)))
	clang-tidy --quiet --warnings-as-errors='*' $(filter src/%.c,$(C_FILES)) -- -std=gnu11 $(CPPFLAGS) $(LIBRARY_CFLAGS)

# The agent's manual pages, from its help.
MAN_PAGES := $(addprefix $(BUILD)/man/,netladder-agent.1 netladder-agent-sink.1 netladder-agent-generate.1)
.PHONY: man
man: $(MAN_PAGES)
$(BUILD)/man/%.1: $(BUILD)/netladder-agent
	@mkdir -p $(@D)
	@command -v help2man >/dev/null || { echo "netladder: help2man is missing; 'make deps' installs it" >&2; exit 3; }
	@# netladder-agent-sink is the page of "netladder-agent sink"
	@help2man --no-info --version-string=$(VERSION) --source="netladder $(VERSION)" --output=$@ \
		--name="$(if $(findstring sink,$*),take network traffic and measure it,$(if $(findstring generate,$*),send network traffic and measure it,generator and sink of network traffic))" \
		"$(BUILD)/$(subst agent-,agent ,$*)"

.PHONY: install uninstall
install: all man
	install -D -m 755 $(BUILD)/netladder $(DESTDIR)$(PREFIX)/bin/netladder
	install -D -m 755 $(BUILD)/netladder-agent $(DESTDIR)$(PREFIX)/libexec/netladder/netladder-agent
	install -D -m 755 $(BUILD)/netladder-guest $(DESTDIR)$(PREFIX)/libexec/netladder/netladder-guest
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN_PAGES) $(DESTDIR)$(PREFIX)/share/man/man1
	ln -sf ../libexec/netladder/netladder-agent $(DESTDIR)$(PREFIX)/bin/netladder-agent
	install -D -m 644 scripts/netladder.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netladder
	ln -sf netladder $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netladder-agent
	install -d $(DESTDIR)$(PREFIX)/share/netladder/scenarios
	install -m 644 scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/netladder/scenarios

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/netladder-agent $(DESTDIR)$(PREFIX)/share/man/man1/netladder-agent*.1
	rm -f $(DESTDIR)$(PREFIX)/bin/netladder $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netladder
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netladder-agent
	rm -rf $(DESTDIR)$(PREFIX)/libexec/netladder $(DESTDIR)$(PREFIX)/share/netladder

.PHONY: clean help
clean:
	rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-slow-* $(FUZZ_BUILD)

help:
	@echo "make ladder       install what is missing, build, measure the ladder, print the verdict (root)"
	@echo "make ladder-vm    the ladder with ipvlan, exactly reproducible, in a virtual machine (no root, once all is installed)"
	@echo "make soak-vm      repeats of the vm lab, calm and disturbed, and how many differ; OPTIONS=--help (no root)"
	@echo "make check        install what is missing, build, run all tests (root)"
	@echo "make all          build build/netladder and build/netladder-agent"
	@echo "make unit         unit tests (no root);  make integration: the native lab (root)"
	@echo "make browser      the report in headless Chromium (root); BROWSER_SHOTS=DIR keeps pictures"
	@echo "make vm           the vm lab: determinism and sensitivity"
	@echo "make sanitize     both under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make fuzz         libFuzzer on whatever reads foreign bytes, FUZZ_SECONDS=$(FUZZ_SECONDS) for each (clang)"
	@echo "make bench-setup  how long a trial's network takes to stand and to go; PAIRS=64 (root)"
	@echo "make bench-docker how long PAIRS=1 pairs of Docker's containers take to stand and to go, mode by mode (root)"
	@echo "make bench-peers  our agent beside iperf3, sockperf, neper, netperf and bare loops, PEERS=DIR OPTIONS=--help (root)"
	@echo "make agent-share  the agent's own share of its CPU time (root)"
	@echo "make bench-results  how verdict, compare, chart and report grow with the rows (no root)"
	@echo "make bench-gate   how often the regression gate errs on this machine (root, 15 to 40 min)"
	@echo "make docs-images  draws the documentation's charts again from results/ (no root)"
	@echo "make docs-columns  writes docs/columns.md again from the table of columns (no root)"
	@echo "make lint format  clang-tidy, cppcheck, shellcheck; clang-format"
	@echo "make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR);  make uninstall, make clean"

$(BUILD)/%.o: %.c | headers
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(LIBRARY_CFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Whatever says the version is compiled again when it changes.
VERSION_SOURCES := $(shell grep -rl LAD_VERSION --include=*.c src tests 2>/dev/null)
$(call object,$(VERSION_SOURCES)): $(BUILD)/version
$(BUILD)/version: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = "$(VERSION)" ] || echo "$(VERSION)" >$@

# The page's style sheet and script are built in, the script with the hash by which the page lets it run.
$(BUILD)/src/report/assets.o: src/report/report.css src/report/report.js $(BUILD)/src/report/report.js.hash
$(BUILD)/src/report/report.js.hash: src/report/report.js
	@mkdir -p $(@D)
	@env printf %b "sha256-$$(env printf %b "$$(sha256sum <$< | cut -c1-64 | sed 's/../\\x&/g')" | base64 -w0)" >$@

# A plain question before the first compiler error: are the libraries there?
.PHONY: headers
headers:
	@$(PKG_CONFIG) --exists $(PACKAGES) $(AGENT_PACKAGES) $(TEST_PACKAGES) 2>/dev/null || { \
		echo "netladder: libraries are missing; 'make deps' (as root, on Debian) installs them:" >&2; \
		$(PKG_CONFIG) --print-errors --exists $(PACKAGES) $(AGENT_PACKAGES) $(TEST_PACKAGES); exit 3; }

$(BUILD)/libshared.a: $(call object,$(SHARED_SOURCES))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/librunner.a: $(call object,$(RUNNER_SOURCES))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/libagent.a: $(call object,$(AGENT_LIBRARY_SOURCES))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/libsupport.a: $(call object,$(SUPPORT_SOURCES))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/netladder: $(call object,src/main.c) $(BUILD)/librunner.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_RUNNER)

# With what the guest uses of the runner, and those libraries alone.
$(BUILD)/netladder-guest: $(call object,$(GUEST_SOURCES)) $(BUILD)/librunner.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LDLIBS_RUNNER)

$(BUILD)/netladder-agent: $(call object,src/agent/core/main.c) $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_AGENT)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(SUPPORT) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

$(BUILD)/tests/fuzz/replay: $(call object,tests/fuzz/replay.c $(FUZZ_SOURCES)) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

$(BUILD)/tests/bench/bench_peers: $(call object,$(BENCH_PEERS_SOURCES)) $(BUILD)/libsupport.a $(BUILD)/librunner.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER)

$(BUILD)/tests/bench/netladder-agent-timed: $(call object,src/agent/core/main.c tests/bench/timed_agent.c) $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_AGENT)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/librunner.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_RUNNER)

$(BUILD)/tests/vm/%: $(BUILD)/tests/vm/%.o $(SUPPORT) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

$(BUILD)/tests/docker/%: $(BUILD)/tests/docker/%.o $(BUILD)/tests/docker/engines.o $(SUPPORT) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

# Put before the C library, it makes calls fail: tests/support/faults.h.
$(BUILD)/tests/faults.so: tests/faults/faults.c tests/support/faults.h
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fPIC -shared -o $@ $<

$(BUILD)/tests/integration/%: $(BUILD)/tests/integration/%.o $(SUPPORT) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

$(BUILD)/tests/browser/%: $(BUILD)/tests/browser/%.o $(call object,tests/browser/browser.c tests/browser/pages.c) $(SUPPORT) $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@mkdir -p $(@D)
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT) -lcurl

# The accessibility rules of the browser tests; without npm that one test is skipped and says so.
AXE_VERSION := 4.14.1
$(BUILD)/axe.min.js:
	@mkdir -p $(BUILD)/axe
	@if command -v npm >/dev/null && npm pack --silent --pack-destination $(BUILD)/axe axe-core@$(AXE_VERSION) >/dev/null; then \
		tar -xzf $(BUILD)/axe/axe-core-$(AXE_VERSION).tgz -C $(BUILD)/axe package/axe.min.js && mv $(BUILD)/axe/package/axe.min.js $@; \
	else echo "make: no axe-core from npm: the accessibility test will be skipped"; fi

.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
