/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_config.h"

#include "config_changes.h"
#include "config_problems.h"
#include "publish_bounds.h"
#include "publish_internal.h"
#include "share_folder.h"
#include "siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- preload ------------------------------------------------------------------------------------------------------ */

static int compare_hashes(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static uint64_t hash_name(const struct publish *publish, const char *text, size_t len)
{
	return siphash(text, len, publish->params.hash_key);
}

static void add_bound(const struct publish *publish, const struct host_name *host, struct publish_bound *bound)
{
	struct host_name wildcard;
	bound->hashes[bound->n++] = hash_name(publish, host->text, host->len);
	if (host_name_wildcard_of(host, &wildcard))
		bound->hashes[bound->n++] = hash_name(publish, wildcard.text, wildcard.len);
}

/* Hosts that preload = "bound" loads: each binding's host, and the wildcard file that may serve it. */
static int collect_bound(const struct publish *publish, const struct config *config, struct publish_bound *out)
{
	*out = (struct publish_bound){0};
	if (config->store.preload != CONFIG_PRELOAD_BOUND)
		return 0;
	out->hashes = calloc(2 * config->n_bindings + 1, sizeof(*out->hashes));
	if (out->hashes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_bindings; i++) {
		const struct config_binding *binding = &config->bindings[i];
		if ((binding->ssl_flags & CONFIG_SSL_CENTRAL_STORE) != 0 && binding->host.len > 0)
			add_bound(publish, &binding->host, out);
	}
	qsort(out->hashes, out->n, sizeof(*out->hashes), compare_hashes);
	return 0;
}

bool publish_config_preloads(const struct publish *publish, const struct publish_name *name)
{
	switch (publish->params.config->store.preload) {
	case CONFIG_PRELOAD_ALL:
		return true;
	case CONFIG_PRELOAD_BOUND: {
		uint64_t hash = hash_name(publish, name->text, name->len);
		return bsearch(&hash, publish->bound.hashes, publish->bound.n, sizeof(hash), compare_hashes) != NULL;
	}
	case CONFIG_PRELOAD_NONE:
		break;
	}
	return false;
}

/* --- configured certificates -------------------------------------------------------------------------------------- */

static struct publish_name *find_fixed(const struct publish *publish, const struct config_certificate *certificate)
{
	struct host_name key;
	return cert_table_fixed_key(certificate->name, &key) ? publish_name_find(publish->names, key.text) : NULL;
}

/* They are loaded at once: their bindings were written to be served. */
static int add_fixed(struct publish *publish, const struct config_certificate *certificate)
{
	struct host_name key;
	if (!cert_table_fixed_key(certificate->name, &key))
		return -EINVAL;
	struct publish_name *name = publish_name_get(publish->names, key.text);
	if (name == NULL)
		return -ENOMEM;
	name->fixed = certificate;
	if (cert_table_writer_index(publish->params.table, &key) != 0) {
		publish_name_remove(publish->names, name);
		return -ENOMEM;
	}
	publish_queue_add(publish, name, false);
	return 0;
}

int publish_config_start(struct publish *publish)
{
	const struct config *config = publish->params.config;
	int error = collect_bound(publish, config, &publish->bound);
	for (size_t i = 0; error == 0 && i < config->n_certificates; i++)
		error = add_fixed(publish, &config->certificates[i]);
	return error;
}

void publish_config_fini(struct publish *publish)
{
	free(publish->bound.hashes);
	free(publish->staged_bound.hashes);
}

/* --- going over to another configuration -------------------------------------------------------------------------- */

int publish_config_stage(struct publish *publish, const struct config *config)
{
	int error = collect_bound(publish, config, &publish->staged_bound);
	for (size_t i = 0; error == 0 && i < config->n_certificates; i++)
		if (find_fixed(publish, &config->certificates[i]) == NULL)
			error = add_fixed(publish, &config->certificates[i]);
	return error;
}

bool publish_config_is_staged(const struct publish *publish, const struct config *config, size_t *cursor)
{
	for (; *cursor < config->n_certificates; (*cursor)++) {
		const struct config_certificate *certificate = &config->certificates[*cursor];
		const struct publish_name *name = find_fixed(publish, certificate);
		if (name != NULL && name->fixed == certificate && !publish_is_settled(publish, name->text))
			return false;
	}
	return true;
}

void publish_config_judge(const struct publish *publish, const struct config *config, struct config_problems *problems)
{
	for (size_t i = 0; i < config->n_certificates; i++) {
		const struct config_certificate *certificate = &config->certificates[i];
		const struct publish_name *name = find_fixed(publish, certificate);
		struct config_path record = {NULL, "certificates", i}, key = {&record, "file", CONFIG_PATH_NO_INDEX};
		struct config_place place = {certificate->source_file, certificate->line, &key};
		if (name == NULL || name->fixed != certificate || name->fault == CERTIFICATE_FAULT_NONE)
			continue;
		const char *note = publish_name_note(name);
		config_problems_error(problems, &place, "expected a certificate with its key, found \"%s\": %s%s%s%s",
			certificate->file, certificate_fault_text((enum certificate_fault)name->fault),
			note != NULL ? " (" : "", note != NULL ? note : "", note != NULL ? ")" : "");
	}
}

void publish_config_abandon(struct publish *publish, const struct config *config)
{
	for (size_t i = 0; i < config->n_certificates; i++) {
		struct publish_name *name = find_fixed(publish, &config->certificates[i]);
		if (name != NULL && name->fixed == &config->certificates[i])
			publish_drop(publish, name);
	}
	free(publish->staged_bound.hashes);
	publish->staged_bound = (struct publish_bound){0};
}

static void load_again(struct publish *publish, struct publish_name *name)
{
	name->again = name->phase == PUBLISH_READING || name->phase == PUBLISH_PARSING;
	publish_queue_add(publish, name, false);
}

/* The names that both have now belong to the new one. */
static void adopt_certificates(struct publish *publish, const struct config *config)
{
	for (size_t i = 0; i < config->n_certificates; i++) {
		const struct config_certificate *certificate = &config->certificates[i];
		struct publish_name *name = find_fixed(publish, certificate);
		if (name == NULL || name->fixed == certificate)
			continue;
		bool is_same = config_changes_same_text(name->fixed->file, certificate->file) &&
			       config_changes_same_text(name->fixed->password, certificate->password);
		name->fixed = certificate;
		if (!is_same)
			load_again(publish, name);
	}
}

static void drop_certificates(struct publish *publish, const struct config *before)
{
	for (size_t i = 0; i < before->n_certificates; i++) {
		struct publish_name *name = find_fixed(publish, &before->certificates[i]);
		if (name != NULL && name->fixed == &before->certificates[i])
			publish_drop(publish, name);
	}
}

static bool has_name_mismatch(const struct publish *publish, const struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	return cert_table_writer_get(publish->params.table, &key, &entry) && entry.certificate != NULL &&
	       (entry.certificate->warnings & CERTIFICATE_WARN_NAME_MISMATCH) != 0;
}

/* A name whose file has not changed, but what is wanted of it. */
static bool deserves_another_try(const struct publish *publish, const struct publish_name *name)
{
	const struct publish_transition *transition = &publish->transition;
	if (name->fixed == NULL && name->phase == PUBLISH_IDLE && !publish_name_is_tried(name))
		return publish_config_preloads(publish, name);
	switch (name->fault) {
	case CERTIFICATE_FAULT_WRONG_PASSWORD:
		return name->fixed == NULL && transition->new_password;
	case CERTIFICATE_FAULT_EXPIRED:
		return transition->new_expired;
	case CERTIFICATE_FAULT_NAME_MISMATCH:
		return transition->match_dropped;
	case CERTIFICATE_FAULT_NONE:
		return transition->match_wanted && name->fixed == NULL && has_name_mismatch(publish, name);
	default:
		return false;
	}
}

void publish_config_step(struct publish *publish)
{
	struct publish_transition *transition = &publish->transition;
	for (unsigned i = 0; transition->is_under_way && i < PUBLISH_NAME_STEPS; i++) {
		struct publish_name *name = publish_name_next(publish->names, &transition->at);
		if (name == NULL) {
			*transition = (struct publish_transition){0};
			return;
		}
		publish_bounds_reconsider(publish, name);
		if (deserves_another_try(publish, name))
			load_again(publish, name);
	}
}

/* From the first name on, also if the names were still being looked at for another reload: both count. */
static void begin_transition(
	struct publish *publish, const struct config_store *before, const struct config_store *after)
{
	struct publish_transition *transition = &publish->transition;
	transition->is_under_way = true;
	transition->at = 0;
	transition->new_password |=
		!config_changes_same_text(before->private_key_password, after->private_key_password);
	transition->new_expired |= before->expired != after->expired;
	transition->match_dropped |= !after->require_name_match;
	transition->match_wanted |= !before->require_name_match && after->require_name_match;
}

void publish_config_adopt(struct publish *publish, const struct config *config)
{
	const struct config *before = publish->params.config;
	adopt_certificates(publish, config);
	drop_certificates(publish, before);
	free(publish->bound.hashes);
	publish->bound = publish->staged_bound;
	publish->staged_bound = (struct publish_bound){0};
	publish->params.config = config;
	share_client_use(publish->reader, &before->store, &config->store);
	begin_transition(publish, &before->store, &config->store);
	publish_config_step(publish); /* small shares are done with it */
}

/* --- while it lasts ----------------------------------------------------------------------------------------------- */

void publish_config_each_fixed(struct publish *publish, void (*visit)(void *context, struct publish_name *name))
{
	const struct config *config = publish->params.config;
	for (size_t i = 0; i < config->n_certificates; i++) {
		struct publish_name *name = find_fixed(publish, &config->certificates[i]);
		if (name != NULL)
			visit(publish, name);
	}
}

static void look_at_file(void *context, struct publish_name *name)
{
	struct share_stamp stamp;
	if (name->fixed == NULL || share_folder_stamp(name->fixed->file, &stamp) != 0)
		return;
	if (name->load == NULL || !share_stamp_equal(&stamp, &name->load->tried))
		publish_queue_add(context, name, false);
}

void publish_config_look_at_files(struct publish *publish)
{
	publish_config_each_fixed(publish, look_at_file);
}
