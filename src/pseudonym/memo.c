/*
 * memo.c
 *		The pseudonyms a transaction made last: subjects come back, and finding
 *		one again costs a third of making it again.
 *
 * Two entries per slot, a newcomer displaces the older one.  An entry holds the
 * whole subject, so that equal hashes do no harm.  The memo is made once a transaction has
 * asked often enough, and steps aside for a while where subjects do not come
 * back.  It is cleansed and freed at the end of the transaction, and whenever
 * the keys are dropped: keyring.c then hands out no pointer that stands here.
 */
#include "pseudonym.h"

#include <openssl/crypto.h>

#include "utils/memutils.h"

#define SLOT_BITS 13			/* 8,192 slots of two entries of 48 bytes */
#define WAYS 2
#define ENTRIES (WAYS << SLOT_BITS)
#define SUBJECT_MAX 23			/* longer ones are not kept */

#define FIRST_ASKED 1024		/* before that, no memo */
#define WINDOW 4096				/* of this many, ... */
#define WORTH_IT (WINDOW / 3)	/* ... so many have to be found */
#define PAUSE (16 * WINDOW)		/* or the memo is not asked for as long */

typedef struct MemoEntry
{
	const HmacKey *key;
	uint8		len;
	char		subject[SUBJECT_MAX];
	pg_uuid_t	pseudonym;
} MemoEntry;

StaticAssertDecl(sizeof(MemoEntry) == 48, "a memo entry has 48 bytes");

static struct
{
	MemoEntry  *entries;
	int			wait;			/* calls until the memo is asked (again) */
	int			window;			/* calls left in this window */
	int			found;			/* in this window */
} memo = {NULL, FIRST_ASKED, WINDOW, 0};

static inline uint64
mix(uint64 h, const char *word)
{
	uint64		w;

	memcpy(&w, word, sizeof(w));
	h = (h ^ w) * UINT64CONST(0x9e3779b97f4a7c15);
	return h ^ (h >> 32);
}

/*
 * Mixes the subject, eight bytes at a time, and the key's address.  The last
 * word overlaps the one before, so that no load has a length of its own.
 */
static inline uint32
slot_of(const HmacKey *key, Subject subject)
{
	uint64		h = (uintptr_t) key ^ ((uint64) subject.len << 56);

	if (likely(subject.len >= 8))
	{
		for (int i = 0; i < subject.len - 8; i += 8)
			h = mix(h, subject.bytes + i);
		h = mix(h, subject.bytes + subject.len - 8);
	}
	else
	{
		char		word[8] = {0};

		memcpy(word, subject.bytes, subject.len);
		h = mix(h, word);
	}
	return (uint32) ((h * UINT64CONST(0x9e3779b97f4a7c15)) >> (64 - SLOT_BITS));
}

/* Whether this call may use the memo; now and then decides whether it pays. */
static inline bool
memo_open(void)
{
	if (likely(memo.wait == 0))
	{
		if (likely(--memo.window > 0))
			return true;
		memo.wait = memo.found < WORTH_IT ? PAUSE : 0;
		memo.window = WINDOW;
		memo.found = 0;
		return false;
	}
	if (memo.wait == 1 && memo.entries == NULL)
		memo.entries = MemoryContextAllocZero(TopMemoryContext, ENTRIES * sizeof(MemoEntry));
	memo.wait--;
	return false;
}

/*
 * Look for a pseudonym.  True, and the pseudonym, when it is there; else *slot
 * is where memo_put() may put it, or NULL when it is not to be kept.
 */
bool
memo_get(const HmacKey *key, Subject subject, pg_uuid_t *pseudonym, MemoEntry **slot)
{
	MemoEntry  *entry;

	*slot = NULL;
	if (!memo_open() || subject.len > SUBJECT_MAX)
		return false;
	entry = &memo.entries[WAYS * slot_of(key, subject)];
	for (int i = 0; i < WAYS; i++)
	{
		if (entry[i].key == key && entry[i].len == subject.len &&
			same_bytes(entry[i].subject, subject.bytes, subject.len))
		{
			memo.found++;
			*pseudonym = entry[i].pseudonym;
			return true;
		}
	}
	*slot = entry;
	return false;
}

void
memo_put(MemoEntry *slot, const HmacKey *key, Subject subject, const pg_uuid_t *pseudonym)
{
	if (slot == NULL)
		return;
	slot[1] = slot[0];
	slot->key = key;
	slot->len = subject.len;
	memcpy(slot->subject, subject.bytes, subject.len);
	slot->pseudonym = *pseudonym;
}

/* Forget all, and give the memory back. */
void
memo_reset(void)
{
	MemoEntry  *entries = memo.entries;

	memo.entries = NULL;
	memo.wait = FIRST_ASKED;
	memo.window = WINDOW;
	memo.found = 0;
	if (entries == NULL)
		return;
	OPENSSL_cleanse(entries, ENTRIES * sizeof(MemoEntry));
	pfree(entries);
}
