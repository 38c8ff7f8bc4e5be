# SPDX-License-Identifier: BSD-3-Clause
# stress-tsan | measure-handshakes
# stress-tsan: the certificate table, and the keys of tickets, between one writer and three readers, under ThreadSanitizer.

STRESS_SECONDS ?= 10

$(BUILD)/tests/stress/%.o: tests/stress/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(INCLUDES_tests) $(DPDK_CFLAGS) -c $< -o $@
$(BUILD)/tests/stress/stress_cert_table $(BUILD)/tests/stress/stress_tickets $(BUILD)/tests/stress/measure_handshakes: %: %.o $(LIB_SUPPORT) $(ALL_ARCHIVES)
	$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(LIB_SUPPORT) $(ALL_ARCHIVES) $(ALL_LIBS) -o $@

# Address randomisation off where that is allowed: ThreadSanitizer of GCC 12 has no room for the wide one of newer kernels.
# No suppressions: what the library does inside is invisible to the sanitizer, what is published through it is ours.
.PHONY: stress-tsan
stress-tsan:
	@$(MAKE) -s FLAVOUR=tsan build/tsan/tests/stress/stress_cert_table build/tsan/tests/stress/stress_tickets
	@TSAN_OPTIONS=halt_on_error=1 $$(setarch -R true 2>/dev/null && echo setarch -R) build/tsan/tests/stress/stress_tickets 2
	@TSAN_OPTIONS=halt_on_error=1 $$(setarch -R true 2>/dev/null && echo setarch -R) \
		build/tsan/tests/stress/stress_cert_table $(STRESS_SECONDS)

# The figures in docs/decisions/tls-sessions.md.
.PHONY: measure-handshakes
measure-handshakes: $(BUILD)/tests/stress/measure_handshakes
	@$<
