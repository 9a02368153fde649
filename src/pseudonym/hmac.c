/*
 * hmac.c
 *		HMAC-SHA-256 (RFC 2104, FIPS 198-1) over OpenSSL's EVP digests.
 *
 * HMAC is H(key ^ opad || H(key ^ ipad || message)).  Both keyed blocks are
 * hashed once per key; a message then costs two copies of a state and as many
 * SHA-256 blocks as it needs, which is half of what EVP_MAC does per message.
 */
#include "pseudonym.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define BLOCK_LEN 64			/* of SHA-256 */

struct HmacKey
{
	EVP_MD_CTX *inner;			/* after the block key ^ ipad */
	EVP_MD_CTX *outer;			/* after the block key ^ opad */
	EVP_MD_CTX *work;			/* the message being hashed */
};

/* SHA-256, fetched once per process: a fetch per message costs more than the hash. */
static EVP_MD *sha256 = NULL;

static bool
start_block(EVP_MD_CTX *ctx, const uint8 *key, int len, uint8 pad)
{
	uint8		block[BLOCK_LEN];
	bool		ok;

	memset(block, pad, sizeof(block));
	for (int i = 0; i < len; i++)
		block[i] ^= key[i];
	ok = ctx != NULL && EVP_DigestInit_ex2(ctx, sha256, NULL) == 1 &&
		EVP_DigestUpdate(ctx, block, sizeof(block)) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

/*
 * A key ready for use, or NULL when OpenSSL refuses.  A key longer than a
 * block is hashed first, as the RFC says.
 */
HmacKey *
hmac_key_create(const uint8 *key, int len)
{
	uint8		digest[HMAC_LEN];
	HmacKey    *k;
	bool		ok = true;

	if (sha256 == NULL && (sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL)) == NULL)
		return NULL;
	if ((k = OPENSSL_zalloc(sizeof(HmacKey))) == NULL)
		return NULL;
	if (len > BLOCK_LEN)
	{
		ok = EVP_Digest(key, len, digest, NULL, sha256, NULL) == 1;
		key = digest;
		len = HMAC_LEN;
	}
	k->inner = EVP_MD_CTX_new();
	k->outer = EVP_MD_CTX_new();
	k->work = EVP_MD_CTX_new();
	ok = ok && k->work != NULL && start_block(k->inner, key, len, 0x36) &&
		start_block(k->outer, key, len, 0x5c);
	OPENSSL_cleanse(digest, sizeof(digest));
	if (ok)
		return k;
	hmac_key_free(k);
	return NULL;
}

/* The HMAC of a message; false when OpenSSL fails. */
bool
hmac_compute(HmacKey *key, const void *message, int len, uint8 out[HMAC_LEN])
{
	return EVP_MD_CTX_copy_ex(key->work, key->inner) == 1 &&
		EVP_DigestUpdate(key->work, message, len) == 1 &&
		EVP_DigestFinal_ex(key->work, out, NULL) == 1 &&
		EVP_MD_CTX_copy_ex(key->work, key->outer) == 1 &&
		EVP_DigestUpdate(key->work, out, HMAC_LEN) == 1 &&
		EVP_DigestFinal_ex(key->work, out, NULL) == 1;
}

/* OpenSSL's provider cleanses the state of a digest when it frees it. */
void
hmac_key_free(HmacKey *key)
{
	if (key == NULL)
		return;
	EVP_MD_CTX_free(key->inner);
	EVP_MD_CTX_free(key->outer);
	EVP_MD_CTX_free(key->work);
	OPENSSL_free(key);
}
