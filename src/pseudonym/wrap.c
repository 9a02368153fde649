/*
 * wrap.c
 *		An epoch's key, wrapped by the root key: AES-256-GCM (NIST SP 800-38D).
 *
 * OpenSSL draws the nonce itself: in FIPS mode one from outside is not
 * approved for encryption.
 *
 * The associated data names domain and epoch, so that a wrapped key that was
 * moved to another row of the keyring does not unwrap.
 */
#include "pseudonym.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "port/pg_bswap.h"

static const char label[] = "mobanon.key_epoch";

/* label, NUL, length of the domain, domain, epoch: unambiguous. */
static bool
add_associated_data(EVP_CIPHER_CTX *ctx, const char *domain, int domain_len, int32 epoch)
{
	uint32		len = pg_hton32((uint32) domain_len);
	uint32		number = pg_hton32((uint32) epoch);
	const void *part[] = {label, &len, domain, &number};
	int			size[] = {sizeof(label), sizeof(len), domain_len, sizeof(number)};
	int			n;

	for (int i = 0; i < 4; i++)
	{
		if (size[i] > 0 && EVP_CipherUpdate(ctx, NULL, &n, part[i], size[i]) != 1)
			return false;
	}
	return true;
}

/* Without a nonce, encryption draws a random one when it starts. */
static EVP_CIPHER_CTX *
start_cipher(const uint8 root[KEY_LEN], const uint8 *nonce, bool encrypt)
{
	EVP_CIPHER *aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	/* A nonce has 12 bytes unless told otherwise. */
	if (aes == NULL || ctx == NULL || EVP_CipherInit_ex2(ctx, aes, root, nonce, encrypt, NULL) != 1)
	{
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(aes);		/* the context holds its own reference */
	return ctx;
}

/*
 * Wrap a key with a random nonce.  The nonces of one root key stay far below
 * the 2^32 that SP 800-38D allows for random ones.
 */
bool
wrap_key(const uint8 root[KEY_LEN], const char *domain, int domain_len, int32 epoch,
		 const uint8 key[KEY_LEN], uint8 wrapped[WRAPPED_LEN])
{
	uint8	   *nonce = wrapped + 1;
	uint8	   *cipher = nonce + WRAP_NONCE_LEN;
	uint8	   *tag = cipher + KEY_LEN;
	EVP_CIPHER_CTX *ctx;
	int			n;
	bool		ok;

	wrapped[0] = WRAP_FORMAT;
	if ((ctx = start_cipher(root, NULL, true)) == NULL)
		return false;
	ok = add_associated_data(ctx, domain, domain_len, epoch) &&
		EVP_CIPHER_CTX_get_updated_iv(ctx, nonce, WRAP_NONCE_LEN) == 1 &&
		EVP_CipherUpdate(ctx, cipher, &n, key, KEY_LEN) == 1 && n == KEY_LEN &&
		EVP_CipherFinal_ex(ctx, tag, &n) == 1 && n == 0 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WRAP_TAG_LEN, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* Unwrap; false, and no key, when root key, domain, epoch or any bit differs. */
bool
unwrap_key(const uint8 root[KEY_LEN], const char *domain, int domain_len, int32 epoch,
		   const uint8 wrapped[WRAPPED_LEN], uint8 key[KEY_LEN])
{
	const uint8 *nonce = wrapped + 1;
	const uint8 *cipher = nonce + WRAP_NONCE_LEN;
	uint8		tag[WRAP_TAG_LEN];
	uint8		rest[WRAP_TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	int			n;
	bool		ok;

	if (wrapped[0] != WRAP_FORMAT)
		return false;
	memcpy(tag, cipher + KEY_LEN, WRAP_TAG_LEN);
	if ((ctx = start_cipher(root, nonce, false)) == NULL)
		return false;
	ok = add_associated_data(ctx, domain, domain_len, epoch) &&
		EVP_CipherUpdate(ctx, key, &n, cipher, KEY_LEN) == 1 && n == KEY_LEN &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, WRAP_TAG_LEN, tag) == 1 &&
		EVP_CipherFinal_ex(ctx, rest, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		OPENSSL_cleanse(key, KEY_LEN);
	return ok;
}
