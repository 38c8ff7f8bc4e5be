# SPDX-License-Identifier: BSD-3-Clause
# e2e [SUITES="tiers names store clients hello control workers smb soak"] | soak HANDSHAKES=N | clients-selftest

SUITES ?=
HANDSHAKES ?= 100000

$(BUILD)/tests/e2e/handshake_load: tests/e2e/handshake_load.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(LDFLAGS_$(FLAVOUR)) $< -lssl -lcrypto -o $@

.PHONY: e2e soak clients-selftest
e2e: all $(BUILD)/tests/e2e/handshake_load
	@tests/e2e/run.sh $(BUILD) $(SUITES)
soak: all $(BUILD)/tests/e2e/handshake_load
	@HANDSHAKES=$(HANDSHAKES) tests/e2e/run.sh $(BUILD) soak
clients-selftest:
	@mkdir -p $(BUILD)
	@tests/e2e/client_selftest.sh $(BUILD)
