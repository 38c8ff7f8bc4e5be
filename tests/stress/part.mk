# SPDX-License-Identifier: BSD-3-Clause
# stress-tsan | measure-handshakes
# stress-tsan: what control changes under workers: the certificate table, the keys of tickets, the configuration; under ThreadSanitizer.

STRESS_SECONDS ?= 10

$(BUILD)/tests/stress/%.o: tests/stress/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(INCLUDES_tests) $(DPDK_CFLAGS) -c $< -o $@
$(addprefix $(BUILD)/tests/stress/,stress_cert_table stress_tickets stress_reload measure_handshakes): %: %.o $(LIB_SUPPORT) $(ALL_ARCHIVES)
	$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(LIB_SUPPORT) $(ALL_ARCHIVES) $(ALL_LIBS) -o $@

# Address randomisation off where that is allowed: ThreadSanitizer of GCC 12 has no room for the wide one of newer kernels.
# No suppressions: what the library does inside is invisible to the sanitizer, what is published through it is ours.
STRESS := TSAN_OPTIONS=halt_on_error=1 $$(setarch -R true 2>/dev/null && echo setarch -R) build/tsan/tests/stress
.PHONY: stress-tsan
stress-tsan:
	@$(MAKE) -s FLAVOUR=tsan $(addprefix build/tsan/tests/stress/,stress_cert_table stress_tickets stress_reload)
	@$(STRESS)/stress_tickets 2
	@$(STRESS)/stress_reload 3 2> >(grep -v ' error configuration' >&2) # refused, as it should be
	@$(STRESS)/stress_cert_table $(STRESS_SECONDS)

# The figures in docs/decisions/tls-sessions.md.
.PHONY: measure-handshakes
measure-handshakes: $(BUILD)/tests/stress/measure_handshakes
	@$<
