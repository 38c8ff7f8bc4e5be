# SPDX-License-Identifier: BSD-3-Clause
# lint | format | check-format | tidy | docs | check-docs

OUR_C := $(wildcard config/*.c dataplane/*.c control/*.c bench/load_*.c bench/handfast_bench.c)
OUR_FORMATTED := $(OUR_C) $(wildcard config/*.h dataplane/*.h control/*.h tests/*/*.c tests/*/*.h bench/*.c bench/*.h)

# Every shell script there is.
OUR_SHELL := $(sort $(wildcard *.sh */*.sh */*/*.sh))

.PHONY: lint
lint: all
	@tests/lint/selftest.py
	@tests/lint/lint.py . $(BUILD)
	@shellcheck -S warning -x .ci/run $(OUR_SHELL)

.PHONY: format check-format
format:
	clang-format-14 -i $(OUR_FORMATTED)
check-format:
	@clang-format-14 --dry-run -Werror $(OUR_FORMATTED)
	@echo 'format: $(words $(OUR_FORMATTED)) files'

# One clang-tidy per source file, as many at once as there are processors.
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE -DHANDFAST_VERSION=\"$(VERSION)\" $(INCLUDES_control) -Ibench $(DPDK_CFLAGS) $(call system_cflags,smbclient)
.PHONY: tidy
tidy:
	@printf '%s\n' $(OUR_C) | xargs -P $$(nproc) -n 1 sh -c 'clang-tidy-14 --quiet "$$1" -- $(TIDY_FLAGS) 2>/dev/null' tidy
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr \
		--include=/usr/include/$$($(CC) -dumpmachine)/sys/queue.h --suppress=missingIncludeSystem --suppress=unusedStructMember \
		-D_GNU_SOURCE -DHANDFAST_VERSION='"$(VERSION)"' $(INCLUDES_control) -Ibench -j $$(nproc) $(OUR_C)
	@echo 'tidy: $(words $(OUR_C)) files'

# Documentation that is made from tables in the source.
.PHONY: docs check-docs
docs: all
	tests/support/write_counters.py . > docs/counters.md
	$(BUILD)/handfastd --config-reference > docs/config.md
check-docs: all
	@tests/support/write_counters.py . | diff -u docs/counters.md - || { echo 'docs/counters.md is stale: make docs'; exit 1; }
	@$(BUILD)/handfastd --config-reference | diff -u docs/config.md - || { echo 'docs/config.md is stale: make docs'; exit 1; }
	@echo 'docs: fresh'

.PHONY: check-install
check-install: all
	@tests/lint/check_install.sh
