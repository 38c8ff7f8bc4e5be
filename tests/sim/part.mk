# SPDX-License-Identifier: BSD-3-Clause
# Deterministic simulation of TCP: make sim SEEDS=10000 FIRST=1 | make sim-transfer (goodput over losses and round trips)

SEEDS ?= 500
FIRST ?= 1
SIM_BUILD := $(BUILD)/tests/sim

$(SIM_BUILD)/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -Itests/sim $(INCLUDES_tests) -c $< -o $@
$(SIM_BUILD)/sim: $(addprefix $(SIM_BUILD)/,sim.o sim_trace.o sim_adversary.o) $(LIB_PURE) $(LIB_CONFIG)
	$(CC) $(LDFLAGS_$(FLAVOUR)) $^ -o $@
$(SIM_BUILD)/transfer: $(SIM_BUILD)/transfer.o $(LIB_PURE) $(LIB_CONFIG)
	$(CC) $(LDFLAGS_$(FLAVOUR)) $^ -o $@

.PHONY: sim sim-transfer
sim: $(SIM_BUILD)/sim
	@cd $(BUILD) && tests/sim/sim $(FIRST) $(SEEDS)
sim-transfer: $(SIM_BUILD)/transfer
	@$(SIM_BUILD)/transfer
