/*
 * consent_pages.c
 *		Makes the pages of a set: which numbers get one, and what it says.
 */
#include "consent_pages.h"

#include "utils/memutils.h"

/* How many of the set's numbers each page would hold. */
typedef struct PageCount
{
	uint64		page;
	uint32		count;
	char		status;
} PageCount;

#define SH_PREFIX pagecount
#define SH_ELEMENT_TYPE PageCount
#define SH_KEY_TYPE uint64
#define SH_KEY page
#define SH_HASH_KEY(table, key) ((uint32) (((key) * UINT64CONST(0x9E3779B97F4A7C15)) >> 32))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Of that many subjects it is learned since when most consent. */
#define TIMES_SAMPLED 10000

static inline bool
slot_is_number(const ConsentSlot *slot)
{
	return slot->key != 0 && (slot->key & CONSENT_STRING_BIT) == 0;
}

/* Consent from a time on, without end: what a page can say by itself. */
static inline bool
slot_is_simple(const ConsentSlot *slot)
{
	return slot->value != CONSENT_NEVER && !consent_is_reference(slot->value);
}

/*
 * Counts the numbers of each page.  NULL when they are spread so thin that
 * counting would take memory and bring nothing.
 */
static pagecount_hash *
count_pages(const ConsentSet *set)
{
	pagecount_hash *counts = pagecount_create(CurrentMemoryContext, 256, NULL);
	uint64		most = set->used / 64 + 1024;

	for (const ConsentSlot *slot = set->slots; slot < set->slots + set->capacity; slot++)
	{
		PageCount  *count;
		bool		found;

		if (!slot_is_number(slot))
			continue;
		count = pagecount_insert(counts, ((slot->key - 1) >> PAGE_BITS) + 1, &found);
		if (!found)
			count->count = 0;
		count->count++;
		if (counts->members > most)
		{
			pagecount_destroy(counts);
			return NULL;
		}
	}
	return counts;
}

static int
compare_times(const void *a, const void *b)
{
	TimestampTz x = *(const TimestampTz *) a;
	TimestampTz y = *(const TimestampTz *) b;

	return x < y ? -1 : x > y;
}

/* The times by which nine of ten subjects, and all but one of a hundred, consented. */
static void
choose_times(const ConsentSet *set, TimestampTz times[4])
{
	TimestampTz *sample = palloc(TIMES_SAMPLED * sizeof(TimestampTz));
	uint64		step = set->capacity / TIMES_SAMPLED + 1;
	int			n = 0;

	/* Slots are in the order of a hash: any of them are as good as others. */
	for (uint64 i = 0; i < set->capacity; i += step)
	{
		if (set->slots[i].key != 0 && slot_is_simple(&set->slots[i]))
			sample[n++] = set->slots[i].value;
	}
	qsort(sample, n, sizeof(TimestampTz), compare_times);
	times[PAGE_NO] = times[PAGE_ASK] = DT_NOEND;
	times[PAGE_EARLY] = n > 0 ? sample[(int64) n * 9 / 10] : DT_NOBEGIN;
	times[PAGE_LATE] = n > 0 ? sample[(int64) n * 99 / 100] : DT_NOBEGIN;
	pfree(sample);
}

/* The directory, with the places of pages that are still empty. */
static ConsentPages *
allocate_pages(pagecount_hash *counts, uint32 n, MemoryContext context)
{
	uint32		shift = 63;
	Size		first;
	ConsentPages *pages;
	pagecount_iterator i;
	PageCount  *count;

	/* At most half of the entries in use: one free at least ends a search. */
	while ((UINT64CONST(1) << (64 - shift)) < 2 * (uint64) n)
		shift--;
	first = offsetof(ConsentPages, directory) + (UINT64CONST(1) << (64 - shift)) * sizeof(PageEntry);
	pages = MemoryContextAllocExtended(context, first + (Size) n * PAGE_WORDS * sizeof(uint32),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	pages->size = first + (Size) n * PAGE_WORDS * sizeof(uint32);
	pages->shift = shift;
	pagecount_start_iterate(counts, &i);
	while ((count = pagecount_iterate(counts, &i)) != NULL)
	{
		uint64		slot = consent_page_slot(pages, count->page);

		if (count->count < PAGE_FEWEST)
			continue;
		while (pages->directory[slot].page != 0)
			slot = slot + 1 == UINT64CONST(1) << (64 - shift) ? 0 : slot + 1;
		pages->directory[slot].page = count->page;
		pages->directory[slot].at = first / sizeof(uint32) + (uint64) pages->pages++ * PAGE_WORDS;
	}
	return pages;
}

/* What the pages say of a subject; those not entered do not consent. */
static void
enter(ConsentPages *pages, const ConsentSlot *slot)
{
	uint64		number = slot->key - 1;
	uint32	   *word = consent_page_word(pages, number);
	uint32		bits = PAGE_ASK;

	if (word == NULL || slot->value == CONSENT_NEVER)
		return;
	if (slot_is_simple(slot))
		bits = slot->value <= pages->times[PAGE_EARLY] ? PAGE_EARLY :
			slot->value <= pages->times[PAGE_LATE] ? PAGE_LATE : PAGE_ASK;
	*word |= bits << (number % 16 * 2);
}

/* The pages of a set that is complete, or NULL where none is worth its memory. */
ConsentPages *
consent_pages_make(const ConsentSet *set, MemoryContext context)
{
	pagecount_hash *counts = set->used < PAGE_FEWEST ? NULL : count_pages(set);
	ConsentPages *pages = NULL;
	pagecount_iterator i;
	PageCount  *count;
	uint32		n = 0;

	if (counts == NULL)
		return NULL;
	pagecount_start_iterate(counts, &i);
	while ((count = pagecount_iterate(counts, &i)) != NULL)
		n += count->count >= PAGE_FEWEST;
	if (n > 0)
	{
		pages = allocate_pages(counts, n, context);
		choose_times(set, pages->times);
		for (const ConsentSlot *slot = set->slots; slot < set->slots + set->capacity; slot++)
		{
			if (slot_is_number(slot))
				enter(pages, slot);
		}
	}
	pagecount_destroy(counts);
	return pages;
}
