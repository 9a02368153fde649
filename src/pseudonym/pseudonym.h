/*
 * pseudonym.h
 *		The room of stage 1: keys, and pseudonyms made with them.
 *
 *		root key   (root_key.c)  never in the database: a file or a command
 *		  wraps
 *		epoch keys (keyring.c)   one per domain and epoch, stored wrapped (wrap.c)
 *		  key
 *		HMAC       (hmac.c)      HMAC-SHA-256 from two precomputed states
 *		  gives
 *		pseudonym  (pseudonym.c) 128 bits of it, as a version-8 UUID
 *
 * Beside them: what a change of the keyring erases (erase.c), the pseudonyms
 * made last (memo.c), and subjects that are telephone numbers (msisdn.c).
 */
#ifndef MOBANON_PSEUDONYM_H
#define MOBANON_PSEUDONYM_H

#include "mobanon.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

/* The room's own SQLSTATEs: class MP, one per reason to have no pseudonym. */
#define ERRCODE_NO_EPOCH			MAKE_SQLSTATE('M', 'P', '0', '0', '1')
#define ERRCODE_EPOCH_SHREDDED		MAKE_SQLSTATE('M', 'P', '0', '0', '2')
#define ERRCODE_NO_ROOT_KEY			MAKE_SQLSTATE('M', 'P', '0', '0', '3')
#define ERRCODE_WRONG_ROOT_KEY		MAKE_SQLSTATE('M', 'P', '0', '0', '4')
#define ERRCODE_NO_DOMAIN			MAKE_SQLSTATE('M', 'P', '0', '0', '5')

/* ... and two for a telephone number that normalize_msisdn() refuses. */
#define ERRCODE_NO_MSISDN			MAKE_SQLSTATE('M', 'P', '0', '0', '6')
#define ERRCODE_AMBIGUOUS_MSISDN	MAKE_SQLSTATE('M', 'P', '0', '0', '7')

#define KEY_LEN 32				/* of a root key and of an epoch's key */
#define HMAC_LEN 32				/* HMAC-SHA-256 */
#define FINGERPRINT_LEN 16		/* hexadecimal digits of a root key's fingerprint */

/* ---- hmac.c: no Datum, no ereport ---------------------------------------- */

typedef struct HmacKey HmacKey;

extern HmacKey *hmac_key_create(const uint8 *key, int len);
extern bool hmac_compute(HmacKey *key, const void *message, int len, uint8 out[HMAC_LEN]);
extern void hmac_key_free(HmacKey *key);

/* ---- pseudonym.c ---------------------------------------------------------- */

extern void report_openssl_failure(void);

/* ---- wrap.c: no Datum, no ereport ----------------------------------------- */

/* A wrapped key: format byte, nonce, ciphertext, tag.  Erased, all is zero. */
#define WRAP_FORMAT 1
#define WRAP_ERASED 0
#define WRAP_NONCE_LEN 12
#define WRAP_TAG_LEN 16
#define WRAPPED_LEN (1 + WRAP_NONCE_LEN + KEY_LEN + WRAP_TAG_LEN)

extern bool wrap_key(const uint8 root[KEY_LEN], const char *domain, int domain_len, int32 epoch,
					 const uint8 key[KEY_LEN], uint8 wrapped[WRAPPED_LEN]);
extern bool unwrap_key(const uint8 root[KEY_LEN], const char *domain, int domain_len, int32 epoch,
					   const uint8 wrapped[WRAPPED_LEN], uint8 key[KEY_LEN]);

/* ---- root_key.c ----------------------------------------------------------- */

typedef struct RootKey
{
	uint8		key[KEY_LEN];
	char		fingerprint[FINGERPRINT_LEN + 1];
} RootKey;

extern void root_key_init(void);
extern const RootKey *root_key_current(void);
extern const RootKey *root_key_previous(void);
extern const RootKey *root_key_by_fingerprint(const char *fingerprint);

/*
 * memcmp() == 0 for names and numbers, which are short: two loads that overlap
 * cost less than the call does.
 */
static inline bool
same_bytes(const char *a, const char *b, int len)
{
	if (len >= 8 && len <= 16)
	{
		uint64		x[2];
		uint64		y[2];

		memcpy(&x[0], a, 8);
		memcpy(&x[1], a + len - 8, 8);
		memcpy(&y[0], b, 8);
		memcpy(&y[1], b + len - 8, 8);
		return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
	}
	if (len >= 4 && len < 8)
	{
		uint32		x[2];
		uint32		y[2];

		memcpy(&x[0], a, 4);
		memcpy(&x[1], a + len - 4, 4);
		memcpy(&y[0], b, 4);
		memcpy(&y[1], b + len - 4, 4);
		return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
	}
	return memcmp(a, b, len) == 0;
}

/* ---- keyring.c ------------------------------------------------------------ */

/* Columns of mobanon.key_domain and mobanon.key_epoch, in keyring.sql. */
enum {DOMAIN_NAME = 1, DOMAIN_ID = 2};
enum {EPOCH_DOMAIN = 1, EPOCH_NUMBER, EPOCH_STARTS, EPOCH_ENDS, EPOCH_FOLLOWS, EPOCH_WRAPPED, EPOCH_ROOT};

extern void keyring_init(void);
extern HmacKey *keyring_find(const char *domain, int domain_len, TimestampTz at);

/* ---- erase.c -------------------------------------------------------------- */

extern void erase_init(void);
extern void erase_at_commit(Oid epoch_relid);

/* ---- memo.c --------------------------------------------------------------- */

typedef struct MemoEntry MemoEntry;

extern bool memo_get(const HmacKey *key, Subject subject, pg_uuid_t *pseudonym, MemoEntry **slot);
extern void memo_put(MemoEntry *slot, const HmacKey *key, Subject subject, const pg_uuid_t *pseudonym);
extern void memo_reset(void);

#endif							/* MOBANON_PSEUDONYM_H */
