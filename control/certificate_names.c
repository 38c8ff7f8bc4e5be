/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_names.h"

#include "certificate.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static bool is_host_octet(char octet)
{
	return isalnum((unsigned char)octet) || octet == '-' || octet == '_' || octet == '.' || octet == '*';
}

static int add(struct certificate_names *names, const char *text, size_t len)
{
	if (len == 0 || len > HOST_NAME_MAX_LEN || names->n == CERTIFICATE_MAX_NAMES)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!is_host_octet(text[i]))
			return 0;
	char *copy = strndup(text, len);
	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	names->items[names->n++] = copy;
	return 0;
}

static int add_alternatives(struct certificate_names *names, const GENERAL_NAMES *alternatives)
{
	int error = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(alternatives) && error == 0; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
		if (name->type == GEN_DNS)
			error = add(names, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
				(size_t)ASN1_STRING_length(name->d.dNSName));
	}
	return error;
}

static int add_common_name(struct certificate_names *names, const X509 *certificate)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (index < 0)
		return 0;
	unsigned char *text = NULL;
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
	int error = len > 0 ? add(names, (const char *)text, (size_t)len) : 0;
	OPENSSL_free(text);
	return error;
}

int certificate_names_read(const X509 *certificate, struct certificate_names *out)
{
	GENERAL_NAMES *alternatives = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t capacity = alternatives != NULL ? (size_t)sk_GENERAL_NAME_num(alternatives) + 1 : 1;
	*out = (struct certificate_names){.items = calloc(capacity, sizeof(*out->items))};
	int error = out->items == NULL ? -ENOMEM : 0;
	if (error == 0 && alternatives != NULL)
		error = add_alternatives(out, alternatives);
	if (error == 0 && out->n == 0)
		error = add_common_name(out, certificate);
	GENERAL_NAMES_free(alternatives);
	if (error != 0)
		certificate_names_fini(out);
	return error;
}

void certificate_names_fini(struct certificate_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct certificate_names){0};
}

bool certificate_names_match(const char *pattern, const char *name)
{
	if (strcmp(pattern, name) == 0)
		return true;
	if (pattern[0] != '*' || pattern[1] != '.' || name[0] == '*')
		return false;
	const char *rest = strchr(name, '.');
	return rest != NULL && rest != name && strcmp(pattern + 1, rest) == 0;
}

char *certificate_names_of_entity(const X509_NAME *entity)
{
	int index = X509_NAME_get_index_by_NID(entity, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	if (index >= 0 &&
		ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(entity, index))) >= 0) {
		char *text = strdup((const char *)utf8);
		OPENSSL_free(utf8);
		return text;
	}
	char *line = X509_NAME_oneline(entity, NULL, 0);
	char *text = line != NULL ? strdup(line) : NULL;
	OPENSSL_free(line);
	return text;
}
