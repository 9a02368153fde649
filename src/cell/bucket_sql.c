/*
 * bucket_sql.c
 *		bucket_start() and bucket_end(): buckets of a local clock, for SQL.
 */
#include "cell/bucket.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(bucket_start);
PG_FUNCTION_INFO_V1(bucket_end);

/* What a call leaves for the next one: events come in order of time. */
typedef struct BucketCache
{
	Interval	span;
	char		zone[TZ_STRLEN_MAX + 1];
	BucketClock clock;
	TimestampTz start;			/* the bucket found last */
	TimestampTz end;
} BucketCache;

static pg_tz *
zone_by_name(const char *name)
{
	pg_tz	   *zone = strlen(name) <= TZ_STRLEN_MAX ? pg_tzset(name) : NULL;

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" does not exist", name),
				 errhint("Take a name from the view pg_timezone_names, such as 'Europe/Berlin' or 'UTC'.")));
	return zone;
}

/* The clock of buckets of that length in that zone; an error for what is none. */
void
bucket_clock_for(BucketClock *clock, const Interval *span, const char *zone)
{
	int64		length;
	bool		absolute;
	const char *fault = bucket_length(span, &length, &absolute);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a bucket cannot have this length"),
				 errhint("%s", fault)));
	bucket_clock_init(clock, length, absolute, zone_by_name(zone));
}

/* The bucket that contains a finite time. */
void
bucket_find(const BucketClock *clock, TimestampTz at, TimestampTz *start, TimestampTz *end)
{
	if (!bucket_of(clock, at, start, end))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
}

void
bucket_around(const Interval *span, const char *zone, TimestampTz at, TimestampTz *start, TimestampTz *end)
{
	BucketClock clock;

	bucket_clock_for(&clock, span, zone);
	bucket_find(&clock, at, start, end);
}

/* The cached bucket, if it is of these arguments and contains the time; else found anew. */
static BucketCache *
bucket_cached(FunctionCallInfo fcinfo, TimestampTz at)
{
	BucketCache *cache = fcinfo->flinfo->fn_extra;
	Interval   *span = PG_GETARG_INTERVAL_P(1);
	text	   *zone = PG_GETARG_TEXT_PP(2);
	int			len = VARSIZE_ANY_EXHDR(zone);

	if (cache == NULL || strlen(cache->zone) != len || memcmp(cache->zone, VARDATA_ANY(zone), len) != 0 ||
		cache->span.time != span->time || cache->span.day != span->day || cache->span.month != span->month)
	{
		BucketCache fresh = {.span = *span};
		char	   *name = text_to_cstring(zone);

		bucket_clock_for(&fresh.clock, span, name);
		strlcpy(fresh.zone, name, sizeof(fresh.zone));
		if (cache == NULL)
			cache = fcinfo->flinfo->fn_extra = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(BucketCache));
		*cache = fresh;
	}
	if (at < cache->start || at >= cache->end)
		bucket_find(&cache->clock, at, &cache->start, &cache->end);
	return cache;
}

/*
 * bucket_start(at timestamptz, bucket interval, time_zone text) returns timestamptz
 *
 * The start of the bucket of that length that contains "at", on the clock of
 * the time zone: the first instant at which the clock shows the bucket's
 * boundary.  Boundaries are counted from Monday, 1 January 2001, 0:00.  An
 * infinite time is its own bucket.  NULL if any argument is NULL.  Errors:
 * a length that does not fit an hour, a day or whole days; no such time zone.
 */
Datum
bucket_start(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_TIMESTAMPTZ(at);
	PG_RETURN_TIMESTAMPTZ(bucket_cached(fcinfo, at)->start);
}

/* bucket_end(at, bucket, time_zone): the same for the end, which is not part of the bucket. */
Datum
bucket_end(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_TIMESTAMPTZ(at);
	PG_RETURN_TIMESTAMPTZ(bucket_cached(fcinfo, at)->end);
}
