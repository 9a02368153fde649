/*
 * contribution.c
 *		Which of a subject's many visits count: a draw that nobody can predict and
 *		that is the same whenever it is repeated.
 */
#include "kanon/kanon.h"

#include "cell/cell_sql.h"
#include "datatype/timestamp.h"
#include "port/pg_bswap.h"
#include "pseudonym/pseudonym.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(contribution_draw);

/*
 * What is hashed.  It begins with a zero byte, as blur_time's does, and with
 * another label: neither is ever a pseudonym or the other under the same key.
 */
typedef struct DrawMessage
{
	char		label[16];
	uint8		pseudonym[UUID_LEN];
	uint64		cell;			/* these two big-endian */
	uint64		bucket;
} DrawMessage;

StaticAssertDecl(sizeof(DrawMessage) == 48, "DrawMessage has no gaps");

/*
 * contribution_draw(pseudonym uuid, cell cell, bucket timestamptz, domain text) returns bigint
 *
 * The first 64 bits of HMAC-SHA-256 over pseudonym, cell and bucket, with the key
 * of the domain's epoch that contains "bucket".  A subject's m visits with the
 * smallest draws are a uniform choice that depends on nobody else.  NULL if an
 * argument is NULL.  Errors: MP001 to MP005 as in pseudonymize().
 */
Datum
contribution_draw(PG_FUNCTION_ARGS)
{
	TimestampTz bucket = PG_GETARG_TIMESTAMPTZ(2);
	text	   *domain = PG_GETARG_TEXT_PP(3);
	HmacKey    *key = keyring_find(VARDATA_ANY(domain), VARSIZE_ANY_EXHDR(domain), bucket);
	DrawMessage message = {.label = "\0contribution", .cell = pg_hton64(PG_GETARG_CELL(1)),
		.bucket = pg_hton64((uint64) bucket)};
	uint8		digest[HMAC_LEN];
	uint64		draw;

	memcpy(message.pseudonym, PG_GETARG_UUID_P(0)->data, UUID_LEN);
	if (!hmac_compute(key, &message, sizeof(message), digest))
		report_openssl_failure();
	memcpy(&draw, digest, sizeof(draw));
	PG_RETURN_INT64((int64) pg_ntoh64(draw));
}
