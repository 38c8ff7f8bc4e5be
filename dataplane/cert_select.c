/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_select.h"

#include "binding_table.h"
#include "tls_alert.h"

/* What the configuration makes of a certificate that cannot be used. */
struct policy {
	bool strict;         /* tls.strict: the walk ends there */
	bool reject_expired; /* store.expired = "reject": it ends at one that has expired */
};

static bool ends_walk(const struct policy *policy, enum certificate_fault fault)
{
	return policy->strict || (policy->reject_expired && fault == CERTIFICATE_FAULT_EXPIRED);
}

/* A wildcard may stand in for a broken exact file, but not where that file's fault ends the walk. */
static void look_up(const struct policy *policy, const struct cert_select_source *source, const struct host_name *key,
	struct cert_table_result *out)
{
	source->lookup(source->context, key, policy->strict || policy->reject_expired, out);
	if (out->state == CERT_TABLE_BROKEN && !ends_walk(policy, out->fault))
		source->lookup(source->context, key, false, out);
}

static enum cert_select_step try_candidate(const struct binding_candidate *candidate, const struct policy *policy,
	const struct cert_select_source *source, struct cert_table_result *out)
{
	struct host_name key = candidate->name;
	if (!candidate->from_store && !cert_table_fixed_key(candidate->certificate, &key)) {
		*out = (struct cert_table_result){.state = CERT_TABLE_MISS};
		return CERT_SELECT_STEP_UNUSABLE;
	}
	look_up(policy, source, &key, out);
	switch (out->state) {
	case CERT_TABLE_READY:
		return CERT_SELECT_STEP_TAKEN;
	case CERT_TABLE_INDEXED:
		return CERT_SELECT_STEP_PENDING;
	case CERT_TABLE_BROKEN:
		return CERT_SELECT_STEP_UNUSABLE;
	case CERT_TABLE_MISS:
		break;
	}
	/* A name that is not on the share is no match of the store's tier; a configured certificate must be there. */
	return candidate->from_store ? CERT_SELECT_STEP_MISS : CERT_SELECT_STEP_UNUSABLE;
}

static void conclude_none(const struct binding_query *query, struct cert_select_result *out)
{
	out->verdict = CERT_SELECT_NONE;
	if (out->n_unusable > 0) {
		out->alert = TLS_ALERT_INTERNAL_ERROR;
		out->reason = DROP_CERT_UNUSABLE;
	} else if (query->name.len > 0) {
		out->alert = TLS_ALERT_UNRECOGNIZED_NAME;
		out->reason = DROP_NO_BINDING_NAME;
	} else {
		out->alert = TLS_ALERT_HANDSHAKE_FAILURE;
		out->reason = DROP_NO_BINDING_NO_NAME;
	}
}

void cert_select(const struct binding_table *bindings, const struct binding_query *query, bool strict,
	const struct cert_select_source *source, struct cert_select_result *out)
{
	const struct policy policy = {
		.strict = strict,
		.reject_expired = binding_table_config(bindings)->store.expired == CONFIG_EXPIRED_REJECT,
	};
	struct binding_walk walk;
	*out = (struct cert_select_result){0};
	binding_walk_start(bindings, query, &walk);
	while (binding_walk_next(&walk, &out->candidate)) {
		enum cert_select_step step = try_candidate(&out->candidate, &policy, source, &out->certificate);
		if (source->trace)
			source->trace(source->context, &out->candidate, &out->certificate, step);
		if (step == CERT_SELECT_STEP_TAKEN || step == CERT_SELECT_STEP_PENDING) {
			out->verdict = step == CERT_SELECT_STEP_TAKEN ? CERT_SELECT_FOUND : CERT_SELECT_PENDING;
			return;
		}
		if (step == CERT_SELECT_STEP_UNUSABLE) {
			out->n_unusable++;
			if (ends_walk(&policy, out->certificate.fault))
				break;
		}
	}
	conclude_none(query, out);
}
