/*
 * blur_time.c
 *		The "transformation" of stage 2 for times: a keyed shift, always the same
 *		for the same event, never larger than half the spread.
 */
#include "cell/cell_sql.h"

#include "datatype/timestamp.h"
#include "port/pg_bswap.h"
#include "pseudonym/pseudonym.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(blur_time);

#define MAX_SPREAD_DAYS 31

/*
 * What is hashed.  It begins with a zero byte, which no text subject has, so a
 * shift is never (part of) anybody's pseudonym under the same key.
 */
typedef struct BlurMessage
{
	char		label[16];
	uint8		pseudonym[UUID_LEN];
	uint64		at;				/* big-endian */
} BlurMessage;

StaticAssertDecl(sizeof(BlurMessage) == 40, "BlurMessage has no gaps");

/* The spread in microseconds. */
static int64
spread_arg(const Interval *spread)
{
	int64		width;

	/* in this order, so that nothing overflows */
	if (spread->month != 0 || spread->day < 0 || spread->day > MAX_SPREAD_DAYS ||
		spread->time < -MAX_SPREAD_DAYS * USECS_PER_DAY || spread->time > MAX_SPREAD_DAYS * USECS_PER_DAY)
		width = 0;
	else
		width = spread->day * USECS_PER_DAY + spread->time;
	if (width <= 0 || width > MAX_SPREAD_DAYS * USECS_PER_DAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("spread must be more than zero and at most %d days", MAX_SPREAD_DAYS),
				 errhint("Give it in days or smaller units, such as interval '10 minutes'; a month has no fixed length.")));
	return width;
}

/*
 * blur_time(at timestamptz, pseudonym uuid, spread interval, domain text) returns timestamptz
 *
 * The time, shifted by a whole number of microseconds that is uniform in
 * [-spread/2, spread/2): HMAC-SHA-256 over pseudonym and time, with the key of the
 * domain's epoch that contains "at".  The same event gets the same shift for as
 * long as the key lives; without the key nobody can undo or repeat it.  NULL if
 * an argument is NULL.  Errors: invalid_parameter_value for the spread, MP001 to
 * MP005 as in pseudonymize(), datetime_field_overflow at the ends of time.
 */
Datum
blur_time(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	pg_uuid_t  *pseudonym = PG_GETARG_UUID_P(1);
	int64		width = spread_arg(PG_GETARG_INTERVAL_P(2));
	text	   *domain = PG_GETARG_TEXT_PP(3);
	HmacKey    *key = keyring_find(VARDATA_ANY(domain), VARSIZE_ANY_EXHDR(domain), at);
	BlurMessage message = {.label = "\0blur_time", .at = pg_hton64((uint64) at)};
	uint8		digest[HMAC_LEN];
	uint64		draw;
	TimestampTz result;

	memcpy(message.pseudonym, pseudonym->data, UUID_LEN);
	if (!hmac_compute(key, &message, sizeof(message), digest))
		report_openssl_failure();
	memcpy(&draw, digest, sizeof(draw));

	/* 64 bits over at most 2.7e12 values: no value is likelier by more than 2^-22. */
	result = at + ((int64) (pg_ntoh64(draw) % (uint64) width) - width / 2);
	if (!IS_VALID_TIMESTAMP(result))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	PG_RETURN_TIMESTAMPTZ(result);
}
