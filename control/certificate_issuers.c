/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_issuers.h"

#include <openssl/crypto.h>
#include <openssl/x509v3.h>
#include <string.h>

static X509 *find(const struct certificate_issuers *issuers, struct bytes der)
{
	for (size_t i = 0; i < CERTIFICATE_ISSUERS_MAX && issuers->items[i].certificate != NULL; i++)
		if (issuers->items[i].len == der.len && memcmp(issuers->items[i].der, der.data, der.len) == 0)
			return issuers->items[i].certificate;
	return NULL;
}

static void forget(struct certificate_issuers *issuers, unsigned i)
{
	X509_free(issuers->items[i].certificate);
	OPENSSL_free(issuers->items[i].der);
	issuers->items[i].certificate = NULL;
}

static void keep(struct certificate_issuers *issuers, struct bytes der, X509 *certificate)
{
	unsigned char *copy = OPENSSL_memdup(der.data, der.len);
	if (copy == NULL || X509_up_ref(certificate) != 1) {
		OPENSSL_free(copy);
		return;
	}
	unsigned i = issuers->next++ % CERTIFICATE_ISSUERS_MAX;
	if (issuers->items[i].certificate != NULL)
		forget(issuers, i);
	issuers->items[i].certificate = certificate;
	issuers->items[i].der = copy;
	issuers->items[i].len = der.len;
}

X509 *certificate_issuers_parse(struct certificate_issuers *issuers, struct bytes der)
{
	X509 *certificate = issuers != NULL ? find(issuers, der) : NULL;
	if (certificate != NULL)
		return X509_up_ref(certificate) == 1 ? certificate : NULL;
	const unsigned char *at = der.data;
	certificate = d2i_X509(NULL, &at, (long)der.len);
	/* Trailing octets would make two different files of one certificate: such a one is not kept. */
	if (certificate != NULL && issuers != NULL && at == der.data + der.len && X509_check_ca(certificate) == 1)
		keep(issuers, der, certificate);
	return certificate;
}

void certificate_issuers_fini(struct certificate_issuers *issuers)
{
	for (unsigned i = 0; i < CERTIFICATE_ISSUERS_MAX; i++)
		if (issuers->items[i].certificate != NULL)
			forget(issuers, i);
	issuers->next = 0;
}
