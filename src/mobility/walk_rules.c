/*
 * walk_rules.c
 *		Arguments of the aggregates of this room: minimum, gap, cleaning.
 */
#include "mobility/mobility.h"

#include "access/htup_details.h"
#include "common/int.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* Columns of the type mobanon.cleaning, in its order. */
enum
{
	CLEANING_DUPLICATES,
	CLEANING_JUMPS,
	CLEANING_PING_PONG,
	CLEANING_JUMP_DISTANCE,
	CLEANING_JUMP_SPEED,
	CLEANING_WINDOW,
	CLEANING_DWELL,
	CLEANING_COLUMNS
};

static pg_noinline void
report_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", name),
			 errhint("Pass minimum and gap as intervals, such as '15 minutes' and '2 hours', and cleaning as mobanon.cleaning().")));
}

/*
 * An interval in microseconds, days of 24 hours.  Errors: months, whose length
 * varies; a negative length; out of range.
 */
int64
fixed_interval(const Interval *interval, const char *name)
{
	int64		microseconds;

	if (interval->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain months", name),
				 errhint("Months differ in length: give days, hours or minutes.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &microseconds) ||
		pg_add_s64_overflow(microseconds, interval->time, &microseconds))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", name),
				 errhint("Give a shorter interval.")));
	if (microseconds < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name),
				 errhint("Give an interval such as '15 minutes'.")));
	return microseconds;
}

/* A whole number of metres, or metres a second. */
static double
measure(Datum value, int32 least, const char *name, const char *unit)
{
	if (DatumGetInt32(value) < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d (%s)", name, least, unit),
				 errhint("To switch the rule off, say jumps => false.")));
	return DatumGetInt32(value);
}

/* mobanon.cleaning as rules. */
static void
read_cleaning(HeapTupleHeader cleaning, WalkRules *rules)
{
	TupleDesc	descriptor = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(cleaning),
													HeapTupleHeaderGetTypMod(cleaning));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(cleaning), .t_data = cleaning};
	Datum		values[CLEANING_COLUMNS];
	bool		nulls[CLEANING_COLUMNS];

	if (descriptor->natts != CLEANING_COLUMNS)
		elog(ERROR, "unexpected number of columns in mobanon.cleaning");
	heap_deform_tuple(&tuple, descriptor, values, nulls);
	ReleaseTupleDesc(descriptor);
	for (int i = 0; i < CLEANING_COLUMNS; i++)
		if (nulls[i])
			report_null("a column of cleaning");

	rules->duplicates = DatumGetBool(values[CLEANING_DUPLICATES]);
	rules->jumps = DatumGetBool(values[CLEANING_JUMPS]);
	rules->ping_pong = DatumGetBool(values[CLEANING_PING_PONG]);
	rules->jump_distance = measure(values[CLEANING_JUMP_DISTANCE], 0, "jump_distance", "metres");
	rules->jump_speed = measure(values[CLEANING_JUMP_SPEED], 1, "jump_speed", "metres a second");
	rules->ping_pong_window = fixed_interval(DatumGetIntervalP(values[CLEANING_WINDOW]), "ping_pong_window");
	rules->ping_pong_dwell = fixed_interval(DatumGetIntervalP(values[CLEANING_DWELL]), "ping_pong_dwell");
}

/* Do arguments mean the same? */
bool
same_rules(const WalkRules *a, const WalkRules *b)
{
	return a->minimum == b->minimum && a->gap == b->gap &&
		a->duplicates == b->duplicates && a->jumps == b->jumps && a->ping_pong == b->ping_pong &&
		a->jump_distance == b->jump_distance && a->jump_speed == b->jump_speed &&
		a->ping_pong_window == b->ping_pong_window && a->ping_pong_dwell == b->ping_pong_dwell;
}

/*
 * The rules that arguments stand for, all of them given.  Without cleaning, equal
 * rows are one event and nothing else is done.
 */
void
walk_rules_read(const WalkArguments *arguments, WalkRules *rules)
{
	memset(rules, 0, sizeof(*rules));
	if (arguments->minimum)
		rules->minimum = fixed_interval(arguments->minimum, "minimum");
	if (arguments->gap)
		rules->gap = fixed_interval(arguments->gap, "gap");
	if (arguments->cleaning == NULL)
	{
		rules->duplicates = true;
		return;
	}
	read_cleaning(arguments->cleaning, rules);
	/* So that events which are taken for another cell never end its stay. */
	if (arguments->gap && rules->ping_pong && rules->ping_pong_window > rules->gap)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gap must not be shorter than ping_pong_window"),
				 errhint("Give a longer gap, or mobanon.cleaning(ping_pong_window => ...), or ping_pong => false.")));
}
