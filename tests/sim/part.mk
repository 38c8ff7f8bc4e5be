# SPDX-License-Identifier: BSD-3-Clause
# Deterministic simulation of TCP: make sim SEEDS=10000 FIRST=1

SEEDS ?= 500
FIRST ?= 1
SIM_OBJECTS := $(patsubst tests/sim/%.c,$(BUILD)/tests/sim/%.o,$(sort $(wildcard tests/sim/*.c)))

$(BUILD)/tests/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -Itests/sim $(INCLUDES_tests) -c $< -o $@
$(BUILD)/tests/sim/sim: $(SIM_OBJECTS) $(LIB_PURE) $(LIB_CONFIG)
	$(CC) $(LDFLAGS_$(FLAVOUR)) $(SIM_OBJECTS) $(LIB_PURE) $(LIB_CONFIG) -o $@

.PHONY: sim
sim: $(BUILD)/tests/sim/sim
	cd $(BUILD) && tests/sim/sim $(FIRST) $(SEEDS)
