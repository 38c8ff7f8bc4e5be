# SPDX-License-Identifier: BSD-3-Clause
# wire [BYTES=N] [JOBS=N] [ROWS="slow"] [RUNS=5]: the table in docs/tcp-goodput.md, an hour | wire QUICK=1 | wire-options
# Transfers Handfast↔Linux and Linux↔Linux over the same bad network; kernel clients with unusual options.

WIRE_BUILD := $(BUILD)/tests/wire
WIRE_COMMON := $(addprefix $(WIRE_BUILD)/,bulk.o words.o)

$(WIRE_BUILD)/%.o: tests/wire/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -Itests/wire $(INCLUDES_tests) -c $< -o $@
$(WIRE_BUILD)/wire: $(addprefix $(WIRE_BUILD)/,wire.o host.o impair.o tap.o) $(WIRE_COMMON) $(LIB_PURE) $(LIB_CONFIG)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $^ $(PURE_LIBS) $(call libs,libcrypto) -o $@
$(WIRE_BUILD)/linux_peer: $(WIRE_BUILD)/linux_peer.o $(WIRE_COMMON)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $^ $(call libs,libcrypto) -o $@

export BYTES JOBS ROWS RUNS TABLE
.PHONY: wire wire-options
wire: $(WIRE_BUILD)/wire $(WIRE_BUILD)/linux_peer
	@tests/wire/run.sh $(WIRE_BUILD) $(if $(QUICK),quick,table)
wire-options: $(WIRE_BUILD)/wire $(WIRE_BUILD)/linux_peer
	@tests/wire/run.sh $(WIRE_BUILD) options
