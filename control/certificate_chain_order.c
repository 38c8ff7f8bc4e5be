/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_chain_order.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

static bool is_issued_by(X509 *subject, X509 *issuer)
{
	/* The names first: cheap, and enough to leave most pairs. The signature settles cross-signed twins. */
	if (X509_check_issued(issuer, subject) != X509_V_OK)
		return false;
	bool verified = X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
	ERR_clear_error();
	return verified;
}

static bool is_self_signed(X509 *certificate)
{
	return X509_self_signed(certificate, 1) == 1;
}

/* The issuer of a certificate that has not been used in this chain: a loop of cross-signatures ends there. */
static size_t find_issuer(const struct certificate_material *material, X509 *subject, const bool *used)
{
	for (size_t i = 0; i < material->n_certificates; i++)
		if (!used[i] && is_issued_by(subject, material->certificates[i]))
			return i;
	return material->n_certificates;
}

static bool all_used(const struct certificate_material *material, const bool *used)
{
	for (size_t i = 0; i < material->n_certificates; i++)
		if (!used[i])
			return false;
	return true;
}

void certificate_chain_order(const struct certificate_material *material, X509 *leaf,
	const bool leaves[CERTIFICATE_MATERIAL_MAX_CERTIFICATES], struct certificate_chain_order *out)
{
	bool used[CERTIFICATE_MATERIAL_MAX_CERTIFICATES];
	memcpy(used, leaves, sizeof(used));
	out->n = 0;
	out->complete = true;
	X509 *end = leaf;
	while (!is_self_signed(end)) {
		size_t issuer = find_issuer(material, end, used);
		if (issuer == material->n_certificates) {
			out->complete = out->n > 0 && all_used(material, used);
			break;
		}
		used[issuer] = true;
		end = material->certificates[issuer];
		if (!is_self_signed(end))
			out->certificates[out->n++] = end;
	}
	ERR_clear_error();
}
