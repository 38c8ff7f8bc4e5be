/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_pause.h"

void load_pause_fail(struct load_pause *pause, uint64_t now_ns)
{
	/* Of many that were under way together, the first begins the pause. */
	if (load_pause_is_on(pause) && pause->next_ns != UINT64_MAX)
		return;
	if (!load_pause_is_on(pause))
		pause->length_ns = LOAD_PAUSE_FIRST_NS;
	else if (pause->length_ns < LOAD_PAUSE_LAST_NS)
		pause->length_ns *= 2;
	pause->began_ns = now_ns;
	pause->next_ns = now_ns + pause->length_ns;
}

void load_pause_end(struct load_pause *pause)
{
	*pause = (struct load_pause){0};
}

uint64_t load_pause_until(const struct load_pause *pause)
{
	return pause->next_ns;
}

uint64_t load_pause_try(struct load_pause *pause, uint64_t now_ns)
{
	pause->next_ns = UINT64_MAX;
	return now_ns - pause->began_ns;
}
