/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

struct label {
	const char *name;
	const char *text;
};

static const struct label stat_labels[STATS] = {
#define STAT(id, name, text) [STAT_##id] = {name, text},
#include "stat.def"
#undef STAT
};

static const struct label drop_labels[DROP_REASONS] = {
#define DROP_REASON(id, name, text) [DROP_##id] = {name, text},
#include "drop_reason.def"
#undef DROP_REASON
};

const char *stats_name(enum stat which)
{
	return stat_labels[which].name;
}

const char *stats_text(enum stat which)
{
	return stat_labels[which].text;
}

const char *stats_drop_name(enum drop_reason which)
{
	return drop_labels[which].name;
}

const char *stats_drop_text(enum drop_reason which)
{
	return drop_labels[which].text;
}
