# SPDX-License-Identifier: BSD-3-Clause
# packetdrill-so: build/handfast_packetdrill.so, this TCP for packetdrill's --so_filename (docs/decisions/packetdrill.md)

PACKETDRILL_SO := $(BUILD)/handfast_packetdrill.so
PACKETDRILL_OBJECTS := $(addprefix $(BUILD)/tests/packetdrill/,packetdrill.o sockets.o world.o)
# The pure ring alone: no DPDK, no OpenSSL. Nothing but the one entry is visible, so the archives' objects, compiled for
# programs, will do; not so where a sanitizer refers to its own variables.
PACKETDRILL_PURE := $(LIB_PURE) $(LIB_CONFIG)
ifneq ($(FLAVOUR),release)
PACKETDRILL_PURE := $(BUILD)/tests/packetdrill/libpure.a
$(PACKETDRILL_PURE): $(patsubst %,$(BUILD)/tests/packetdrill/pure/%.o,$(addprefix dataplane/,$(PURE)) config/ip_address)
endif

$(BUILD)/tests/packetdrill/%.o: tests/packetdrill/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -fPIC $(INCLUDES_dataplane) -c $< -o $@
$(BUILD)/tests/packetdrill/pure/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -fPIC $(INCLUDES_dataplane) -c $< -o $@
$(PACKETDRILL_SO): $(PACKETDRILL_OBJECTS) $(PACKETDRILL_PURE) tests/packetdrill/exports.map
	@echo "LD $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS_$(FLAVOUR))) -shared -Wl,--version-script=tests/packetdrill/exports.map \
		$(PACKETDRILL_OBJECTS) $(PACKETDRILL_PURE) -pthread -o $@

.PHONY: packetdrill-so
packetdrill-so: $(PACKETDRILL_SO)
$(BUILD)/tests/unit/test_packetdrill: | $(PACKETDRILL_SO)
