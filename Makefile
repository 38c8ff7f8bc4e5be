# SPDX-License-Identifier: BSD-3-Clause
# Contract: make | setup | demo | test | check | docs | format | install | clean; e2e, sim, wire, flood, fuzz, soak, churn, outage,
# packetdrill-so; bench, bench-store, bench-reload, bench-baseline, compare, compare-store: docs/operations.md says what each does.
#
# FLAVOUR=release (default) builds into build/, FLAVOUR=asan into build/asan, FLAVOUR=tsan into build/tsan.

.DEFAULT_GOAL := all
SHELL := /bin/bash
FLAVOUR ?= release
# make V=1 prints every command in full.
Q := $(if $(V),,@)
PREFIX ?= /usr/local
VERSION := 0.1.0

ifeq ($(FLAVOUR),release)
BUILD := build
else
BUILD := build/$(FLAVOUR)
endif

# --- packages: installed before anything else is read, so that pkg-config below finds them -----------------------------

# An included file that is out of date is remade first, then make starts again: the packages are there when flags are asked.
ifeq ($(filter clean setup,$(MAKECMDGOALS)),)
include build/packages.mk
endif
build/packages.mk: tests/support/setup.sh
	@tests/support/setup.sh build
	@mkdir -p $(@D) && echo '# setup.sh build has run' > $@
.PHONY: setup setup-tools
setup:
	@tests/support/setup.sh all
	@echo 'setup: all packages are there'
setup-tools:
	@tests/support/setup.sh all

# --- sources, in the order of a packet's path (docs/architecture.md) --------------------------------------------------

CONFIG := ip_address host_name smb_url config_arena config_file config_problems config_source config_schema config_message \
	config_value config_check config_section config_bindings config config_changes config_write_reference
PURE := stats siphash pages slab small_heap block_pool timer_wheel checksum packet packet_build local_address neigh echo \
	flow_table syn_cookie \
	tcp_segment tcp_conn tcp_stack tcp_lifecycle tcp_listen tcp_input tcp_reassembly tcp_buffer tcp_ack tcp_scoreboard \
	tcp_sack tcp_rack tcp_congestion tcp_slow_start tcp_undo tcp_output tcp_path_mtu tcp_timer \
	clienthello clienthello_extensions binding_table binding \
	tls_alert tls_buffer tls_reader tls_extensions tls_writer tls13_message tls13_hello tls12_message tls12_hello
TABLES := secret certificate certificate_chain certificate_message cert_table_index cert_table cert_table_writer cert_select \
	tls_tickets tls_session tls_session_engine tls_session_tickets tls_session_bio tls_session_text tls_credentials \
	crypto_provider crypto_provider_kdf crypto_provider_x25519 crypto_key_pool crypto_x25519 \
	tls_aead tls_hash tls13_suite tls13_keys tls13_record tls_assembly tls_leaf tls_key_share tls13_ticket tls_verify tls13_client tls13_client_flight \
	tls12_suite tls12_keys tls12_record tls12_session tls12_client tls12_client_flight
IO := eal unmap_guard port fellow rx connection connection_hello connection_session connection_lifecycle \
	responder responder_http1 responder_http1_head responder_http2 responder_page responder_buffer tx worker
CONTROL := log channel zygote share share_error share_watch share_folder share_plugin share_name share_process share_client text_index scan \
	certificate_issuers certificate_ec_key certificate_material certificate_pkcs12 \
	certificate_pem certificate_names certificate_chain_order certificate_file \
	loader loader_sandbox loader_process publish_name publish_queue publish_load publish_result publish_notice publish_expiry publish_config publish_bounds publish reload \
	ticket_keys control control_listen control_socket scanner expiry command command_describe command_list command_certs command_bindings command_show command_stats command_connections \
	command_refresh command_reload explain suggest near_miss lint daemon ctl_client ctl_table ctl_print ctl_explain
PROGRAMS := handfastd handfastctl
# The load generator, in bench/: what a run is, how it is driven, the ways out, what comes of it.
LOAD := load_error load_words load_options load_names load_sources load_arrivals load_plan \
	load_trust load_tls_words load_tls13 load_tls12 load_tickets load_http load_histogram load_result load_progress load_pause load_connection load_engine load_kernel load_run \
	load_dpdk_link load_dpdk load_dpdk_way load_bounds load_search load_report load_json load_csv load_plot
LOAD_PROGRAMS := handfast_bench
# Loaded by the process that needs it, because of its library's licence (docs/decisions/smb-plug-in.md).
PLUGINS := share_smb

present = $(foreach stem,$(2),$(if $(wildcard $(1)/$(stem).c),$(stem)))
CONFIG := $(call present,config,$(CONFIG))
PURE := $(call present,dataplane,$(PURE))
TABLES := $(call present,dataplane,$(TABLES))
IO := $(call present,dataplane,$(IO))
CONTROL := $(call present,control,$(CONTROL))
PROGRAMS := $(call present,control,$(PROGRAMS))
LOAD := $(call present,bench,$(LOAD))

# --- packages and flags ------------------------------------------------------------------------------------------------

PKG_CONFIG ?= pkg-config
system_cflags = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null))
libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wformat=2 -Wnull-dereference -Werror
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -D_FORTIFY_SOURCE=2
CFLAGS_release := -O2 -g $(HARDENING)
CFLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -fPIE
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LDFLAGS_asan := -pie -fsanitize=address,undefined -Wl,--as-needed
LDFLAGS_tsan := -pie -fsanitize=thread -Wl,--as-needed

BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -DHANDFAST_VERSION='"$(VERSION)"' $(WARNINGS) $(CFLAGS_$(FLAVOUR)) -MMD -MP
INCLUDES_config := -Iconfig
INCLUDES_dataplane := -Idataplane -Iconfig
INCLUDES_control := -Icontrol -Idataplane -Iconfig
INCLUDES_load := -Ibench -Idataplane -Iconfig
INCLUDES_tests := -Itests/support -Icontrol -Ibench -Idataplane -Iconfig
DPDK_CFLAGS := $(call system_cflags,libdpdk)
# The pure ring is compiled without DPDK's include path: it cannot see rte_ headers even by mistake.
ALL_LIBS := $(call libs,libdpdk) $(call libs,libssl libcrypto libconfig jansson libidn2 libseccomp libnghttp2) -pthread
PURE_LIBS := $(call libs,libconfig libidn2)
CUNIT_LIBS := -lcunit
# Without libsmbclient everything but smb:// is built.
SMB_LIBS := $(call libs,smbclient)
PLUGINS := $(if $(SMB_LIBS),$(PLUGINS))

# --- libraries and programs --------------------------------------------------------------------------------------------

object = $(patsubst %,$(BUILD)/$(1)/%.o,$(2))
LIB_CONFIG := $(BUILD)/libconfig_handfast.a
LIB_PURE := $(BUILD)/libpure.a
LIB_TABLES := $(BUILD)/libtables.a
LIB_IO := $(BUILD)/libio.a
LIB_CONTROL := $(BUILD)/libcontrol.a
LIB_LOAD := $(BUILD)/libload.a
ALL_ARCHIVES := $(LIB_CONTROL) $(LIB_IO) $(LIB_TABLES) $(LIB_PURE) $(LIB_CONFIG)
# What tests share; the linker takes from it what a test uses.
LIB_SUPPORT := $(BUILD)/libsupport.a

.PHONY: all
all: $(addprefix $(BUILD)/,$(PROGRAMS)) $(BUILD)/handfast-bench $(ALL_ARCHIVES) $(patsubst %,$(BUILD)/%.so,$(PLUGINS))

$(LIB_CONFIG): $(call object,config,$(CONFIG))
$(LIB_PURE): $(call object,dataplane,$(PURE))
$(LIB_TABLES): $(call object,dataplane,$(TABLES))
$(LIB_IO): $(call object,dataplane,$(IO))
$(LIB_CONTROL): $(call object,control,$(CONTROL))
$(LIB_LOAD): $(call object,bench,$(LOAD))
$(LIB_SUPPORT): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/config/%.o: config/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_config) -c $< -o $@
$(call object,dataplane,$(PURE)): $(BUILD)/dataplane/%.o: dataplane/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_dataplane) -c $< -o $@
# Field arithmetic is loops over limbs: unrolled, or the limbs live in memory instead of registers and it is ten times slower.
# It runs on libssl's fibres, whose stacks have 32 KiB: a sanitizer would give it frames of 90.
$(BUILD)/dataplane/crypto_x25519.o: BASE_CFLAGS += -O3 $(if $(filter-out release,$(FLAVOUR)),-fno-sanitize=all)
$(call object,dataplane,$(TABLES) $(IO)): $(BUILD)/dataplane/%.o: dataplane/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_dataplane) $(DPDK_CFLAGS) -c $< -o $@
$(BUILD)/control/%.o: control/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_control) $(DPDK_CFLAGS) -c $< -o $@

$(addprefix $(BUILD)/,$(PROGRAMS)): $(BUILD)/%: $(BUILD)/control/%.o $(ALL_ARCHIVES)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(ALL_ARCHIVES) $(ALL_LIBS) -o $@

$(call object,bench,$(LOAD) $(LOAD_PROGRAMS)): $(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_load) $(DPDK_CFLAGS) -c $< -o $@
$(BUILD)/handfast-bench: $(BUILD)/bench/handfast_bench.o $(LIB_LOAD) $(ALL_ARCHIVES)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(LIB_LOAD) $(ALL_ARCHIVES) $(ALL_LIBS) -lm -o $@

$(patsubst %,$(BUILD)/control/%.o,$(PLUGINS)): $(BUILD)/control/%.o: control/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) -fPIC $(INCLUDES_control) $(call system_cflags,smbclient) -c $< -o $@
$(patsubst %,$(BUILD)/%.so,$(PLUGINS)): $(BUILD)/%.so: $(BUILD)/control/%.o
	@echo "LD $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS_$(FLAVOUR))) -shared $< $(SMB_LIBS) -o $@

# --- unit tests: one program per source file, tests/unit/test_STEM.c ---------------------------------------------------

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
PURE_TESTS := $(filter $(addprefix test_,$(PURE) $(CONFIG)),$(UNIT_TESTS))
OTHER_TESTS := $(filter-out $(PURE_TESTS),$(UNIT_TESTS))

$(BUILD)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_tests) $(if $(filter $*,$(PURE_TESTS)),,$(DPDK_CFLAGS)) -c $< -o $@
$(BUILD)/tests/support/%.o: tests/support/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_tests) $(DPDK_CFLAGS) -c $< -o $@
$(addprefix $(BUILD)/tests/unit/,$(PURE_TESTS)): %: %.o $(LIB_SUPPORT) $(LIB_PURE) $(LIB_CONFIG)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(LIB_SUPPORT) $(LIB_PURE) $(LIB_CONFIG) $(PURE_LIBS) $(CUNIT_LIBS) -o $@
$(addprefix $(BUILD)/tests/unit/,$(OTHER_TESTS)): %: %.o $(LIB_SUPPORT) $(LIB_LOAD) $(ALL_ARCHIVES)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $< $(LIB_SUPPORT) $(LIB_LOAD) $(ALL_ARCHIVES) $(ALL_LIBS) $(CUNIT_LIBS) -lm -o $@
.PRECIOUS: $(BUILD)/tests/unit/%.o

.PHONY: unit-tests test-unit
unit-tests: $(addprefix $(BUILD)/tests/unit/,$(UNIT_TESTS))
test-unit: unit-tests
	@tests/support/run_unit_tests.sh $(addprefix $(BUILD)/tests/unit/,$(UNIT_TESTS))

# Parts that a folder of tests brings along (simulation, fuzzing, stress, end to end, lint), and bench.
-include $(sort $(wildcard tests/*/part.mk))
-include bench/part.mk

# --- contract: make test, make check, make demo, make install ----------------------------------------------------------

# Each word is a target, run to its end also after another has failed; a total of all "N passed, M failed" closes the run.
TEST_STEPS := test-unit "sim SEEDS=500" "wire QUICK=1" e2e flood-short
CHECK_STEPS := check-format lint tidy check-docs check-baseline check-install clients-selftest "test-unit FLAVOUR=asan" stress-tsan fuzz-short
.PHONY: test check demo
test: setup-tools all
	@tests/support/run_steps.sh $(TEST_STEPS)
check: setup-tools all
	@tests/support/run_steps.sh $(CHECK_STEPS)
demo: setup-tools all
	@tests/e2e/demo.sh $(BUILD)

SYSCONFDIR ?= /etc
.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SYSCONFDIR)/handfast \
		$(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/handfast $(DESTDIR)$(PREFIX)/share/doc/handfast/decisions
	install -m 755 $(BUILD)/handfastd $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(BUILD)/handfastctl $(BUILD)/handfast-bench $(DESTDIR)$(PREFIX)/bin/
	$(foreach plugin,$(PLUGINS),install -m 644 $(BUILD)/$(plugin).so $(DESTDIR)$(PREFIX)/lib/handfast/)
	install -m 644 config/handfast.conf.example $(DESTDIR)$(SYSCONFDIR)/handfast/
	sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' config/handfastd.service.in \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/handfastd.service
	install -m 644 LICENSE $(wildcard docs/*.md docs/*.svg) $(DESTDIR)$(PREFIX)/share/doc/handfast/
	install -m 644 $(wildcard docs/decisions/*.md) $(DESTDIR)$(PREFIX)/share/doc/handfast/decisions/
	sed 's|](docs/|](|g' README.md > $(DESTDIR)$(PREFIX)/share/doc/handfast/README.md

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
