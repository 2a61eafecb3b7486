# SPDX-License-Identifier: GPL-3.0-or-later
# netladder: `make ladder` measures, `make check` tests, `make help` lists the rest.

VERSION := 0.1.0
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
PKG_CONFIG ?= pkg-config

# libev, libcsv, libplot ship no pkg-config file; the rest is asked for when it is there, so that `make` can say what is missing.
PACKAGES := libcyaml yaml-0.1 libnl-route-3.0 libnl-3.0 libnftables gsl libcjson libcap-ng librsvg-2.0 cairo
AGENT_PACKAGES := libcjson libcap-ng
TEST_PACKAGES := cmocka

OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror
SANITIZE ?=
CPPFLAGS += -D_GNU_SOURCE -DLAD_VERSION='"$(VERSION)"' -Iinclude -Isrc
# -isystem: warnings are for our code, not for the libraries' headers.
LIBRARY_CFLAGS := $(subst -I,-isystem ,$(shell $(PKG_CONFIG) --cflags $(PACKAGES) $(TEST_PACKAGES) 2>/dev/null))
CFLAGS ?= $(OPTIMISE)
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CFLAGS) $(SANITIZE) -MMD -MP
LDLIBS_RUNNER := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -lcsv -lplot -lm
LDLIBS_AGENT := $(shell $(PKG_CONFIG) --libs $(AGENT_PACKAGES) 2>/dev/null) -lev -lm
LDLIBS_TEST := $(shell $(PKG_CONFIG) --libs $(TEST_PACKAGES) 2>/dev/null)

AGENT_SOURCES := $(wildcard src/agent/*.c)
SHARED_SOURCES := $(wildcard src/common/*.c)
RUNNER_SOURCES := $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c))
RUNNER_SOURCES := $(filter-out $(AGENT_SOURCES) $(SHARED_SOURCES),$(RUNNER_SOURCES))
AGENT_LIBRARY_SOURCES := $(filter-out src/agent/main.c,$(AGENT_SOURCES))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
INTEGRATION_SOURCES := $(wildcard tests/integration/test_*.c)
SUPPORT_SOURCES := $(wildcard tests/support/*.c)

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
INTEGRATION_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(INTEGRATION_SOURCES))

.PHONY: all
all: $(BUILD)/netladder $(BUILD)/netladder-agent

$(BUILD)/%.o: %.c | headers
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(LIBRARY_CFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# A plain question before the first compiler error: are the libraries there?
.PHONY: headers
headers:
	@$(PKG_CONFIG) --exists $(PACKAGES) $(TEST_PACKAGES) 2>/dev/null || { \
		echo "netladder: libraries are missing; 'make deps' (as root, on Debian) installs them:" >&2; \
		$(PKG_CONFIG) --print-errors --exists $(PACKAGES) $(TEST_PACKAGES); exit 3; }

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

$(BUILD)/netladder-agent: $(call object,src/agent/main.c) $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_AGENT)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

$(BUILD)/tests/integration/%: $(BUILD)/tests/integration/%.o $(BUILD)/libsupport.a $(BUILD)/librunner.a $(BUILD)/libagent.a $(BUILD)/libshared.a
	@echo "  LINK  $@"
	@$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS_TEST) $(LDLIBS_RUNNER) $(LDLIBS_AGENT)

.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
