# SPDX-License-Identifier: BSD-3-Clause
# compare-store NAMES=100000 [QUICK=1] | outage RATE=1000

# Beside HAProxy and Hitch, on the same files in the same run; writes docs/compare-store.md, with QUICK=1 only to the terminal.
.PHONY: compare-store
compare-store: all $(E2E_TOOLS)
	@tests/support/setup.sh compare
	@NAMES=$(or $(NAMES),$(if $(QUICK),5000,100000)) tests/store/compare_store.sh $(BUILD) $(if $(QUICK),,docs/compare-store.md)

# The suite smb with so many handshakes a second all along.
.PHONY: outage
outage: all $(E2E_TOOLS)
	@RATE=$(or $(RATE),1000) tests/e2e/run.sh $(BUILD) smb
