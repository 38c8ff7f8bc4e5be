# SPDX-License-Identifier: BSD-3-Clause
# flood [RATE=1000000] [LONG=8] | flood-short: SYNs from spoofed sources over net_memif while a client on a tap shakes hands.

FLOOD_BUILD := $(BUILD)/tests/flood

$(FLOOD_BUILD)/%.o: tests/flood/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -Itests/flood $(INCLUDES_tests) $(DPDK_CFLAGS) -c $< -o $@
$(FLOOD_BUILD)/generator: $(addprefix $(FLOOD_BUILD)/,generator.o spoof.o) $(BUILD)/tests/wire/words.o $(LIB_PURE) $(LIB_CONFIG)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $^ $(call libs,libdpdk) $(PURE_LIBS) -pthread -o $@

export RATE LONG PARALLEL
FLOOD_NEEDS := all $(FLOOD_BUILD)/generator $(BUILD)/tests/e2e/handshake_load
.PHONY: flood flood-short
flood: $(FLOOD_NEEDS)
	@tests/flood/run.sh $(BUILD)
flood-short: $(FLOOD_NEEDS)
	@tests/flood/run.sh $(BUILD) short
