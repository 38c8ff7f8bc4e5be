# SPDX-License-Identifier: BSD-3-Clause
# hellos           record what the TLS clients of this machine send into build/hellos; the unit tests read them there
# refresh-hellos   the same into tests/unit/data/hellos, the recordings that are kept with the source

.PHONY: hellos refresh-hellos
hellos:
	tests/support/capture_hellos.py build/hellos
refresh-hellos:
	tests/support/capture_hellos.py tests/unit/data/hellos
