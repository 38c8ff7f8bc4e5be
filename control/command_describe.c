/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_describe.h"

#include "command_internal.h"

#include <stdio.h>
#include <string.h>

const char *command_describe_state(const struct cert_table_result *entry)
{
	switch (entry->state) {
	case CERT_TABLE_INDEXED:
		return "indexed";
	case CERT_TABLE_READY:
		return entry->fault == CERTIFICATE_FAULT_NONE ? "ready" : "last-good";
	case CERT_TABLE_BROKEN:
		return "broken";
	case CERT_TABLE_MISS:
		break;
	}
	return "missing";
}

static json_t *describe_warnings(uint32_t warnings)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{CERTIFICATE_WARN_CHAIN_INCOMPLETE, "chain incomplete"},
		{CERTIFICATE_WARN_EXPIRED, "expired"},
		{CERTIFICATE_WARN_NOT_YET_VALID, "not yet valid"},
		{CERTIFICATE_WARN_NAME_MISMATCH, "file name is none of the certificate's names"},
	};
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if ((warnings & texts[i].bit) != 0)
			json_array_append_new(list, json_string(texts[i].text));
	return list;
}

json_t *command_describe_certificate(const struct certificate *certificate)
{
	if (certificate == NULL)
		return json_null();
	json_t *names = json_array(), *keys = json_array();
	for (size_t i = 0; i < certificate->n_names; i++)
		json_array_append_new(names, command_text(certificate->names[i]));
	size_t chain = 0;
	for (size_t i = 0; i < certificate->n_leaves; i++) {
		json_array_append_new(keys, json_string(certificate_key_text(certificate->leaves[i].key_type)));
		if (certificate->leaves[i].chain != NULL)
			chain = certificate_chain_length(certificate->leaves[i].chain);
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "subject",
		command_text(certificate->subject), "issuer", command_text(certificate->issuer), "names", names,
		"not_before", command_time(certificate->not_before), "not_after", command_time(certificate->not_after),
		"keys", keys, "chain_length", (json_int_t)chain, "generation", (json_int_t)certificate->generation,
		"file", command_text(certificate->file), "warnings", describe_warnings(certificate->warnings));
}

/* @return the flags' words, "sni,store", or "address" for none. @param text 64 bytes, returned */
static const char *describe_flags(uint32_t ssl_flags, char text[64])
{
	static const struct {
		uint32_t bit;
		const char *text;
	} words[] = {
		{CONFIG_SSL_SNI, "sni"},
		{CONFIG_SSL_CENTRAL_STORE, "store"},
		{CONFIG_SSL_NO_HTTP2, "no-h2"},
		{CONFIG_SSL_NO_OCSP_STAPLING, "no-ocsp"},
		{CONFIG_SSL_NO_QUIC, "no-quic"},
		{CONFIG_SSL_NO_TLS13, "no-tls13"},
		{CONFIG_SSL_NO_LEGACY_TLS, "no-legacy"},
	};
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((ssl_flags & words[i].bit) != 0)
			len += (size_t)snprintf(text + len, 64 - len, "%s%s", len > 0 ? "," : "", words[i].text);
	if (len == 0)
		snprintf(text, 64, "address");
	return text;
}

json_t *command_describe_binding(const struct config_binding *binding)
{
	char ip[IP_ADDRESS_TEXT_SIZE] = "*", flags[64];
	if (binding->ip_kind == CONFIG_BIND_ANY_V6)
		snprintf(ip, sizeof(ip), "[::]");
	else if (binding->ip_kind == CONFIG_BIND_EXACT)
		ip_address_format(&binding->ip, ip);
	return json_pack("{s:s, s:i, s:o, s:i, s:s, s:o, s:o, s:i}", "ip", ip, "port", (int)binding->port, "host",
		command_text(binding->host.len > 0 ? binding->host.text : NULL), "ssl_flags", (int)binding->ssl_flags,
		"flags", describe_flags(binding->ssl_flags, flags), "certificate", command_text(binding->certificate),
		"backend", command_text(binding->backend), "line", (int)binding->line);
}
