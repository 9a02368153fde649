/*
 * consent_pages.h
 *		Two bits per number: what most questions about numbers are answered from.
 *
 * Telephone numbers come in blocks.  Where enough numbers of a block of 65,536
 * consent, a page says in two bits of each number of the block:
 *
 *		0	it does not consent
 *		1	it consents since times[1] or earlier, without end
 *		2	it consents since times[2] or earlier, without end
 *		3	look into the set
 *
 * so that half a million subjects take 128 kB, which a processor keeps at hand,
 * where the set's slots take 6 MB.  For an event before the time of 1 or 2, and
 * for a number without a page, the set has the answer, too: a page is a shortcut
 * and never says more than the set does.
 *
 * One piece of memory that holds no pointers:
 *
 *		| ConsentPages | directory: number of a page and where it is | pages, 16 kB each |
 */
#ifndef MOBANON_CONSENT_PAGES_H
#define MOBANON_CONSENT_PAGES_H

#include "consent_set.h"

#define PAGE_BITS 16			/* of a number, within its page */
#define PAGE_WORDS ((1 << PAGE_BITS) / 16)
/* Below that a page takes more than 4 bytes per subject: such numbers have none. */
#define PAGE_FEWEST 4096

enum {PAGE_NO, PAGE_EARLY, PAGE_LATE, PAGE_ASK};

typedef struct PageEntry
{
	uint64		page;			/* number >> PAGE_BITS, + 1; 0: free */
	uint64		at;				/* of its first word, in words from the start */
} PageEntry;

struct ConsentPages
{
	uint64		size;			/* of all, in bytes */
	TimestampTz times[4];		/* by the bits; those of 0 and 3 let nothing pass */
	uint32		pages;
	uint32		shift;			/* the directory has 2^(64 - shift) entries */
	PageEntry	directory[FLEXIBLE_ARRAY_MEMBER];
};

extern ConsentPages *consent_pages_make(const ConsentSet *set, MemoryContext context);

static inline uint64
consent_page_slot(const ConsentPages *pages, uint64 page)
{
	return (page * UINT64CONST(0x9E3779B97F4A7C15)) >> pages->shift;
}

/* Can they be asked at this time?  Nobody's consent has to be waited for. */
static inline bool
consent_pages_hold(const ConsentPages *pages, TimestampTz now)
{
	return pages->times[PAGE_LATE] <= now;
}

/* The word that holds the bits of a number, or NULL when it has no page. */
static inline uint32 *
consent_page_word(const ConsentPages *pages, uint64 number)
{
	uint64		page = (number >> PAGE_BITS) + 1;
	uint64		slot = consent_page_slot(pages, page);

	while (unlikely(pages->directory[slot].page != page))
	{
		if (pages->directory[slot].page == 0)
			return NULL;
		if (++slot == UINT64CONST(1) << (64 - pages->shift))
			slot = 0;
	}
	return (uint32 *) pages + pages->directory[slot].at + (number & ((1 << PAGE_BITS) - 1)) / 16;
}

/*
 * May an event of then be read?  False when the pages do not say.  They must
 * hold at the time of reading.  Half of a scan's answers are no: so they are
 * computed, without a jump that a processor would guess wrong.
 */
static inline bool
consent_pages_ask(const ConsentPages *pages, uint64 number, TimestampTz then, bool *allowed)
{
	const uint32 *word = consent_page_word(pages, number);
	uint32		bits;

	if (unlikely(word == NULL))
		return false;
	bits = (*word >> (number % 16 * 2)) & 3;
	*allowed = (then >= pages->times[bits]) & (then != DT_NOEND);
	return *allowed | (bits == PAGE_NO);
}

#endif							/* MOBANON_CONSENT_PAGES_H */
