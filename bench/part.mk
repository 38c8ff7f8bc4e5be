# SPDX-License-Identifier: BSD-3-Clause
# bench: cycles per operation of single stages, one line each | bench-store | bench-reload | bench-baseline | check-baseline

# In the order of a packet's path; each prints its own lines under one header.
BENCHES := bench_stages_pure bench_tcp bench_port bench_kernel bench_stages_tables bench_crypto bench_stages_tls bench_tls13 bench_bindings
BENCH_PROGRAMS := $(patsubst %,$(BUILD)/bench/%,$(BENCHES))
# What one of them needs besides.
$(addprefix $(BUILD)/bench/,bench_port bench_kernel): $(addprefix $(BUILD)/bench/,bench_wire.o bench_peer.o) $(BUILD)/tests/flood/spoof.o
$(BUILD)/bench/bench_kernel: $(BUILD)/bench/bench_tap.o

$(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -Ibench $(INCLUDES_tests) $(DPDK_CFLAGS) -c $< -o $@
$(BENCH_PROGRAMS) $(BUILD)/bench/bench_store: %: %.o $(BUILD)/bench/bench.o $(LIB_SUPPORT) $(ALL_ARCHIVES)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $(filter %.o,$^) $(LIB_SUPPORT) $(ALL_ARCHIVES) $(ALL_LIBS) -o $@

.PHONY: bench
bench: setup-tools $(BENCH_PROGRAMS)
	@$(BUILD)/bench/$(firstword $(BENCHES))
	@for bench in $(wordlist 2,$(words $(BENCHES)),$(BENCHES)); do BENCH_CONTINUES=1 $(BUILD)/bench/$$bench || exit 1; done

# The certificate store at scale: look-ups, then the daemon with so many files.
BENCH_NAMES = $(or $(NAMES),1000000)
.PHONY: bench-store
bench-store: setup-tools all $(BUILD)/bench/bench_store $(BUILD)/tests/e2e/handshake_load
	@$(BUILD)/bench/bench_store $(BENCH_NAMES)
	@bench/store.sh $(BUILD) $(BENCH_NAMES)

# Handshakes while as many bindings are read again.
.PHONY: bench-reload
bench-reload: setup-tools all $(BUILD)/tests/e2e/handshake_load
	@bench/reload.sh $(BUILD) $(BENCH_NAMES)

# Instructions instead of cycles, of the stages that must not regress.
BASELINE_PROGRAMS := $(addprefix $(BUILD)/bench/,bench_stages_pure bench_tcp bench_stages_tables bench_stages_tls)
.PHONY: check-baseline bench-baseline
# The others are built too, so that none is forgotten.
check-baseline: setup-tools $(BENCH_PROGRAMS)
	@tests/lint/baseline_selftest.py
	@CC='$(CC)' bench/baseline.py check $(BASELINE_PROGRAMS)
bench-baseline: setup-tools $(BASELINE_PROGRAMS)
	@CC='$(CC)' bench/baseline.py write $(BASELINE_PROGRAMS)

# compare [CASES="tls1.3-p256-full ..."] [SERVERS="Nginx ..."] [ROUNDS=5] | compare QUICK=1: Handfast beside its peers
.PHONY: compare
compare: all
	@tests/support/setup.sh compare
	@bench/compare/run.sh $(BUILD) $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(CASES),--cases '$(CASES)') $(if $(SERVERS),--servers '$(SERVERS)')
