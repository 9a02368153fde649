/*
 * table_bounds.c
 *		What a reader of a table can compute about the rows that are withheld.
 *
 * Every withheld value is at least 0.  Each relation then bounds each of its
 * rows by the bounds of the others, again and again until nothing changes.
 * The bounds are true whatever is withheld: no reader finds a value outside.
 * (A linear program may find narrower ones where relations share several rows.)
 *
 * Of distinct subjects less can be said: a part has at most the subjects of its
 * total, and at least what the other parts cannot make up of it.
 */
#include "kanon/table.h"

#include "miscadmin.h"

/* Bounds that close in by ever smaller steps are left where they are. */
#define MAX_ROUNDS 100

typedef struct Propagation
{
	const Table *table;
	const Relations *relations;
	Bounds		bounds;
	int32	   *first;			/* relations of row r: of[first[r]] .. of[first[r + 1] - 1] */
	int32	   *of;
	int32	   *queue;			/* ring of relations to look at */
	bool	   *queued;
	int			head;
	int			waiting;
} Propagation;

static void
report_contradiction(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("the values of the table contradict each other"),
			 errhint("Every total must be the sum of its parts. Rows that are withheld have a null value; a row that is missing counts as zero.")));
}

static void
enqueue(Propagation *p, int32 relation)
{
	int			n = p->relations->relations;

	if (p->queued[relation])
		return;
	p->queued[relation] = true;
	p->queue[(p->head + p->waiting++) % n] = relation;
}

/* A row has new bounds: narrower ones are kept, and its relations looked at again. */
static void
narrow(Propagation *p, int32 row, int64 lower, int64 upper)
{
	/* a bound beyond any value that a table may have says nothing, and sums must not overflow */
	lower = Max(Min(lower, TABLE_MAX_VALUE), p->bounds.lower[row]);
	if (upper > TABLE_MAX_VALUE)
		upper = BOUND_UNKNOWN;
	upper = Min(upper, p->bounds.upper[row]);
	if (lower > upper)
		report_contradiction();
	if (lower == p->bounds.lower[row] && upper == p->bounds.upper[row])
		return;
	p->bounds.lower[row] = lower;
	p->bounds.upper[row] = upper;
	for (int32 i = p->first[row]; i < p->first[row + 1]; i++)
		enqueue(p, p->of[i]);
}

/* The sums of lower and of upper bounds of a relation's parts. */
typedef struct Sums
{
	int64		lowest;
	int64		highest;		/* of those that have one */
	int			open;			/* parts without an upper bound */
	int64		largest;		/* lower bound */
} Sums;

static inline void
sums_count(Sums *sums, const Bounds *b, int32 part, int sign)
{
	sums->lowest += sign * b->lower[part];
	if (b->upper[part] == BOUND_UNKNOWN)
		sums->open += sign;
	else
		sums->highest += sign * b->upper[part];
	sums->largest = Max(sums->largest, b->lower[part]);
}

/* A relation's total and parts, each bounded by the others. */
static void
propagate(Propagation *p, int32 relation)
{
	const Relations *r = p->relations;
	Bounds	   *b = &p->bounds;
	int32		total = r->total[relation];
	Sums		sums = {0};

	for (int32 i = r->start[relation]; i < r->start[relation + 1]; i++)
		sums_count(&sums, b, r->part[i], 1);
	narrow(p, total, r->distinct ? sums.largest : sums.lowest, sums.open > 0 ? BOUND_UNKNOWN : sums.highest);

	for (int32 i = r->start[relation]; i < r->start[relation + 1]; i++)
	{
		int32		part = r->part[i];
		int64		lower = 0;
		int64		upper = BOUND_UNKNOWN;

		if (b->lower[part] == b->upper[part])
			continue;
		sums_count(&sums, b, part, -1);
		if (sums.open == 0)
			lower = b->lower[total] - sums.highest;
		if (b->upper[total] != BOUND_UNKNOWN)
			upper = b->upper[total] - (r->distinct ? 0 : sums.lowest);
		narrow(p, part, lower, upper);
		sums_count(&sums, b, part, 1);
	}
}

/* Which relations each row takes part in. */
static void
set_relations_of_rows(Propagation *p)
{
	const Relations *r = p->relations;
	int			rows = p->table->rows;
	int32	   *at;

	p->first = palloc0((rows + 2) * sizeof(int32));
	for (int i = 0; i < r->relations; i++)
	{
		p->first[r->total[i] + 1]++;
		for (int32 j = r->start[i]; j < r->start[i + 1]; j++)
			p->first[r->part[j] + 1]++;
	}
	for (int row = 0; row < rows; row++)
		p->first[row + 1] += p->first[row];
	p->of = MemoryContextAllocHuge(CurrentMemoryContext, (p->first[rows] + 1) * sizeof(int32));
	at = palloc((rows + 1) * sizeof(int32));
	memcpy(at, p->first, (rows + 1) * sizeof(int32));
	for (int i = 0; i < r->relations; i++)
	{
		p->of[at[r->total[i]]++] = i;
		for (int32 j = r->start[i]; j < r->start[i + 1]; j++)
			p->of[at[r->part[j]]++] = i;
	}
	pfree(at);
}

/*
 * The bounds that follow from the known values of a table; a known value is
 * its own bounds.  An error when known values contradict each other.
 */
Bounds
table_bounds_of(const Table *table, const Relations *relations)
{
	Propagation p = {.table = table, .relations = relations};
	int			rows = table->rows;
	int64		looks;

	p.bounds.lower = palloc0(Max(rows, 1) * sizeof(int64));
	p.bounds.upper = palloc(Max(rows, 1) * sizeof(int64));
	p.queue = palloc(Max(relations->relations, 1) * sizeof(int32));
	p.queued = palloc0(Max(relations->relations, 1) * sizeof(bool));
	for (int r = 0; r < rows; r++)
	{
		bool		known = table->known == NULL || table->known[r];

		p.bounds.lower[r] = known ? table->value[r] : 0;
		p.bounds.upper[r] = known ? table->value[r] : BOUND_UNKNOWN;
	}
	set_relations_of_rows(&p);
	for (int i = 0; i < relations->relations; i++)
		enqueue(&p, i);
	for (looks = (int64) relations->relations * MAX_ROUNDS; p.waiting > 0 && looks > 0; looks--)
	{
		int32		relation = p.queue[p.head];

		CHECK_FOR_INTERRUPTS();
		p.head = (p.head + 1) % relations->relations;
		p.waiting--;
		p.queued[relation] = false;
		propagate(&p, relation);
	}
	pfree(p.first);
	pfree(p.of);
	pfree(p.queue);
	pfree(p.queued);
	return p.bounds;
}
