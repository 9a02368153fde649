/*
 * history.c
 *		What a subject's decisions amount to: when consent was in force.
 *
 * Decisions form a set: they are kept sorted and without duplicates, so that
 * the same decisions give the same history in whatever order they arrived.  Of
 * two at the same instant the more protective one comes last and wins.
 */
#include "consent.h"

static int
decision_rank(const Decision *d)
{
	switch (d->code)
	{
		case DECISION_STOPPED:
			return 1;
		case DECISION_INVALIDATED:
			return 2;
		case DECISION_ENDED:
			return 3;
		default:
			return 0;
	}
}

static int
compare_decisions(const void *a, const void *b)
{
	const Decision *x = a;
	const Decision *y = b;

	if (x->decided != y->decided)
		return x->decided < y->decided ? -1 : 1;
	if (decision_rank(x) != decision_rank(y))
		return decision_rank(x) - decision_rank(y);
	/* Two grants of one instant: the shorter one counts, so it comes last. */
	return x->code == y->code ? 0 : x->code > y->code ? -1 : 1;
}

/* Sorts in place and drops what is there twice; returns how many are left. */
int
decisions_normalize(Decision *decisions, int n)
{
	int			kept = 0;

	qsort(decisions, n, sizeof(Decision), compare_decisions);
	for (int i = 0; i < n; i++)
	{
		if (kept == 0 || compare_decisions(&decisions[kept - 1], &decisions[i]) != 0)
			decisions[kept++] = decisions[i];
	}
	return kept;
}

/* The union of two normalized lists, normalized; out holds na + nb. */
int
decisions_merge(const Decision *a, int na, const Decision *b, int nb, Decision *out)
{
	int			n = 0;

	while (na > 0 || nb > 0)
	{
		int			order = na == 0 ? 1 : nb == 0 ? -1 : compare_decisions(a, b);

		out[n++] = order <= 0 ? *a : *b;
		if (order <= 0)
			a++, na--;
		if (order >= 0)
			b++, nb--;
	}
	return n;
}

/* A grant: it starts an interval, or renews the one that is in force. */
static void
history_grant(History *h, const Decision *d)
{
	Span   *last = h->n > 0 ? &h->spans[h->n - 1] : NULL;

	if (h->open && last->until >= d->decided)
		last->until = d->code;
	else
	{
		h->spans[h->n].from = d->decided;
		h->spans[h->n++].until = d->code;
	}
	h->open = true;
}

/* The history of normalized decisions; history->spans holds n of them. */
void
history_of(const Decision *decisions, int n, History *h)
{
	h->open = false;
	h->floor = DT_NOBEGIN;
	h->n = 0;
	for (const Decision *d = decisions; d < decisions + n; d++)
	{
		if (decision_rank(d) == 0)
		{
			history_grant(h, d);
			continue;
		}
		if (d->code == DECISION_ENDED)
		{
			h->n = 0;
			h->floor = d->decided;
		}
		else if (d->code == DECISION_INVALIDATED && h->n > 0)
			h->n--;
		else if (h->open && h->spans[h->n - 1].until > d->decided)
		{
			h->spans[h->n - 1].until = d->decided;
			/* Granted and stopped in one instant: never in force. */
			if (h->spans[h->n - 1].from >= d->decided)
				h->n--;
		}
		h->open = false;
	}
}
