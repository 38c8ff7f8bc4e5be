# SPDX-License-Identifier: BSD-3-Clause
# e2e [SUITES="tiers names store clients hello control workers tickets memif reload smb faults probe load churn soak"] | soak HANDSHAKES=N | churn FILES=N ROUNDS=N | clients-selftest

SUITES ?=
HANDSHAKES ?= 100000

# What the suites use beside the clients that a system has. Without libfuse3 the suite of faults says so and is skipped.
FUSE_LIBS := $(call libs,fuse3)
E2E_TOOLS := $(addprefix $(BUILD)/tests/e2e/,handshake_load make_names $(if $(FUSE_LIBS),faulty_share))

$(BUILD)/tests/e2e/faulty_share: TOOL_LIBS = $(FUSE_LIBS)
$(BUILD)/tests/e2e/%: tests/e2e/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(call system_cflags,fuse3) $(LDFLAGS_$(FLAVOUR)) $< -lssl -lcrypto $(TOOL_LIBS) -o $@

# Suites at full size, with their figures.
.PHONY: churn
churn: all $(E2E_TOOLS)
	@FILES=$(or $(FILES),10000) ROUNDS=$(or $(ROUNDS),100) tests/e2e/run.sh $(BUILD) churn

.PHONY: e2e soak clients-selftest
e2e: all $(E2E_TOOLS)
	@tests/e2e/run.sh $(BUILD) $(SUITES)
soak: all $(E2E_TOOLS)
	@HANDSHAKES=$(HANDSHAKES) tests/e2e/run.sh $(BUILD) soak
clients-selftest:
	@mkdir -p $(BUILD)
	@tests/e2e/client_selftest.sh $(BUILD)
