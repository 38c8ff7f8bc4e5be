# SPDX-License-Identifier: BSD-3-Clause
# fuzz (FUZZ_SECONDS of each target, default 60) | fuzz-short (10 s each: what CI runs) | fuzz-build
#
# One libFuzzer program per tests/fuzz/fuzz_NAME.c over the pure ring, config/ and certificate messages, compiled by clang with ASan and UBSan.
# Seeds: tests/fuzz/seeds/NAME/ and, where it lies beside the project, ../shared/corpus/NAME/. What is found along the way
# is kept in build/fuzz/corpus/NAME. A dictionary is tests/fuzz/NAME.dict.

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang-14
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BUILD := build/fuzz
FUZZ_SANITIZERS := address,undefined
FUZZ_CFLAGS := -std=c11 -D_GNU_SOURCE -DHANDFAST_VERSION='"$(VERSION)"' -Wall -Wextra -Werror -O1 -g \
	-fno-omit-frame-pointer -fno-sanitize-recover=all -MMD -MP $(INCLUDES_tests)
FUZZ_SOURCES = $(wildcard tests/support/hello_bytes.c) \
	$(patsubst %,config/%.c,$(CONFIG)) $(patsubst %,dataplane/%.c,$(PURE)) \
	$(patsubst %,dataplane/%.c,$(filter responder%,$(IO))) \
	$(patsubst %,dataplane/%.c,secret certificate certificate_chain certificate_message $(filter tls13_% tls_aead tls_assembly tls_leaf tls_hash tls_key_share tls_verify tls12_% crypto_key_pool crypto_x25519,$(TABLES)))
FUZZ_LIBRARY := $(FUZZ_BUILD)/libpure_fuzz.a

# Coverage in what is tested; libFuzzer's main() only in the program.
$(FUZZ_BUILD)/object/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) -c $< -o $@
# As in the Makefile; at -O1 with a sanitizer it alone would be most of a TLS client's time.
$(FUZZ_BUILD)/object/dataplane/crypto_x25519.o: FUZZ_CFLAGS += -O3
$(FUZZ_LIBRARY): $(patsubst %.c,$(FUZZ_BUILD)/object/%.o,$(FUZZ_SOURCES))
	@rm -f $@
	@ar rcs $@ $^
$(FUZZ_BUILD)/fuzz_%: $(FUZZ_BUILD)/object/tests/fuzz/fuzz_%.o $(FUZZ_LIBRARY)
	$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) $^ $(PURE_LIBS) $(call libs,libnghttp2 libcrypto) -o $@
.PRECIOUS: $(FUZZ_BUILD)/object/%.o

.PHONY: fuzz fuzz-short fuzz-build
fuzz-build: $(addprefix $(FUZZ_BUILD)/fuzz_,$(FUZZ_NAMES))
fuzz: fuzz-build
	@tests/fuzz/run_fuzz.sh $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ_NAMES)
fuzz-short: fuzz-build
	@tests/fuzz/run_fuzz.sh $(FUZZ_BUILD) 10 $(FUZZ_NAMES)

-include $(shell find $(FUZZ_BUILD) -name '*.d' 2>/dev/null)
