/*
 * pseudonym.c
 *		pseudonymize() and the functions that SQL needs to keep the keyring.
 */
#include "pseudonym.h"

#include <openssl/crypto.h>

#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pseudonymize_text);
PG_FUNCTION_INFO_V1(pseudonymize_bigint);
PG_FUNCTION_INFO_V1(pseudonymize_uuid);
PG_FUNCTION_INFO_V1(new_wrapped_key);
PG_FUNCTION_INFO_V1(rewrapped_key);
PG_FUNCTION_INFO_V1(key_fingerprint);
PG_FUNCTION_INFO_V1(hmac_sha256);

/* A computation did not work that always does. */
pg_noinline void
report_openssl_failure(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("OpenSSL failed"),
			 errhint("HMAC-SHA-256 and AES-256-GCM must be available in the server's OpenSSL configuration.")));
}

/* The first 128 bits, as a version-8 UUID (RFC 9562, section 5.8). */
static pg_uuid_t *
pseudonymize(Subject subject, text *domain, TimestampTz at)
{
	HmacKey    *key = keyring_find(VARDATA_ANY(domain), VARSIZE_ANY_EXHDR(domain), at);
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	uint8		digest[HMAC_LEN];
	MemoEntry  *slot;

	if (memo_get(key, subject, uuid, &slot))
		return uuid;
	if (!hmac_compute(key, subject.bytes, subject.len, digest))
		report_openssl_failure();
	memcpy(uuid->data, digest, UUID_LEN);
	uuid->data[6] = (uuid->data[6] & 0x0f) | 0x80;
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
	memo_put(slot, key, subject, uuid);
	return uuid;
}

/*
 * pseudonymize(subject text, domain text, at timestamptz) returns uuid
 *
 * The pseudonym of a subject in a domain, under the key of the epoch that
 * contains "at": HMAC-SHA-256 (RFC 2104) over the bytes of the subject, its
 * first 122 free bits in a version-8 UUID.  NULL if any argument is NULL.
 * Errors: MP001 no epoch contains "at", MP002 its key was shredded, MP003 no
 * root key, MP004 another root key, MP005 no such domain.
 */
Datum
pseudonymize_text(PG_FUNCTION_ARGS)
{
	return UUIDPGetDatum(pseudonymize(subject_from_text(PG_GETARG_TEXT_PP(0)),
									  PG_GETARG_TEXT_PP(1), PG_GETARG_TIMESTAMPTZ(2)));
}

/*
 * pseudonymize(subject bigint, domain text, at timestamptz) returns uuid
 *
 * The same over the decimal digits of the subject, so that the bigint
 * 491761234567 and the text '491761234567' have one pseudonym.
 */
Datum
pseudonymize_bigint(PG_FUNCTION_ARGS)
{
	char		digits[SUBJECT_INT64_BUFFER];

	return UUIDPGetDatum(pseudonymize(subject_from_int64(PG_GETARG_INT64(0), digits),
									  PG_GETARG_TEXT_PP(1), PG_GETARG_TIMESTAMPTZ(2)));
}

/*
 * pseudonymize(pseudonym uuid, domain text, at timestamptz) returns uuid
 *
 * A pseudonym of a pseudonym, so that short-lived ones can be made without the
 * subject.  The message is a zero byte and the 16 bytes of the uuid: no text
 * contains a zero byte, so no subject meets a pseudonym here.
 */
Datum
pseudonymize_uuid(PG_FUNCTION_ARGS)
{
	char		message[1 + UUID_LEN] = {0};
	Subject		subject = {message, sizeof(message)};

	memcpy(message + 1, PG_GETARG_UUID_P(0)->data, UUID_LEN);
	return UUIDPGetDatum(pseudonymize(subject, PG_GETARG_TEXT_PP(1), PG_GETARG_TIMESTAMPTZ(2)));
}

static bytea *
wrapped_bytea(const uint8 wrapped[WRAPPED_LEN])
{
	bytea	   *result = palloc(VARHDRSZ + WRAPPED_LEN);

	SET_VARSIZE(result, VARHDRSZ + WRAPPED_LEN);
	memcpy(VARDATA(result), wrapped, WRAPPED_LEN);
	return result;
}

/*
 * new_wrapped_key(domain text, epoch int) returns bytea
 *
 * A random 256-bit key, wrapped by the current root key for this domain and
 * epoch.  The key itself never leaves this function.
 */
Datum
new_wrapped_key(PG_FUNCTION_ARGS)
{
	text	   *domain = PG_GETARG_TEXT_PP(0);
	const RootKey *root = root_key_current();
	uint8		key[KEY_LEN];
	uint8		wrapped[WRAPPED_LEN];
	bool		ok;

	ok = pg_strong_random(key, KEY_LEN) &&
		wrap_key(root->key, VARDATA_ANY(domain), VARSIZE_ANY_EXHDR(domain), PG_GETARG_INT32(1), key, wrapped);
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		report_openssl_failure();
	PG_RETURN_BYTEA_P(wrapped_bytea(wrapped));
}

/*
 * rewrapped_key(domain text, epoch int, wrapped bytea, fingerprint text) returns bytea
 *
 * The same key, unwrapped by the root key with that fingerprint and wrapped
 * by the current one.
 */
Datum
rewrapped_key(PG_FUNCTION_ARGS)
{
	text	   *domain = PG_GETARG_TEXT_PP(0);
	int32		epoch = PG_GETARG_INT32(1);
	bytea	   *old = PG_GETARG_BYTEA_PP(2);
	const RootKey *from = root_key_by_fingerprint(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	const RootKey *to = root_key_current();
	char	   *name = VARDATA_ANY(domain);
	int			len = VARSIZE_ANY_EXHDR(domain);
	uint8		key[KEY_LEN];
	uint8		wrapped[WRAPPED_LEN];
	bool		unwrapped;
	bool		ok;

	unwrapped = VARSIZE_ANY_EXHDR(old) == WRAPPED_LEN &&
		unwrap_key(from->key, name, len, epoch, (uint8 *) VARDATA_ANY(old), key);
	ok = unwrapped && wrap_key(to->key, name, len, epoch, key, wrapped);
	OPENSSL_cleanse(key, sizeof(key));
	if (!unwrapped)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_ROOT_KEY),
				 errmsg("the key of epoch %d of pseudonym domain \"%.*s\" does not unwrap", epoch, len, name),
				 errdetail("The root key is the right one, so the row of mobanon.key_epoch was changed or moved.")));
	if (!ok)
		report_openssl_failure();
	PG_RETURN_BYTEA_P(wrapped_bytea(wrapped));
}

/*
 * key_fingerprint() returns text
 *
 * 16 hexadecimal digits that tell whether two servers have the same root key:
 * 64 bits of HMAC-SHA-256(root key, 'mobanon root key').  MP003 without one.
 */
Datum
key_fingerprint(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(root_key_current()->fingerprint));
}

/*
 * hmac_sha256(key bytea, message bytea) returns bytea
 *
 * The primitive below pseudonymize(), with a key the caller brings: for the
 * test vectors of RFC 4231.  It reaches no key of the keyring.
 */
Datum
hmac_sha256(PG_FUNCTION_ARGS)
{
	bytea	   *key = PG_GETARG_BYTEA_PP(0);
	bytea	   *message = PG_GETARG_BYTEA_PP(1);
	bytea	   *result = palloc(VARHDRSZ + HMAC_LEN);
	HmacKey    *hmac = hmac_key_create((uint8 *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
	bool		ok;

	SET_VARSIZE(result, VARHDRSZ + HMAC_LEN);
	ok = hmac != NULL && hmac_compute(hmac, VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message),
									  (uint8 *) VARDATA(result));
	hmac_key_free(hmac);
	if (!ok)
		report_openssl_failure();
	PG_RETURN_BYTEA_P(result);
}

void
pseudonym_init(void)
{
	root_key_init();
	keyring_init();
	erase_init();
}
