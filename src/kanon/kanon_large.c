/*
 * kanon_large.c
 *		Groups that are too large to be counted in one piece.
 *
 * The records of such a group are divided by the hash of their subject: no
 * subject lies in two parts, so the counts of the parts add up.  A part is read
 * chunk by chunk into a set; many records of few subjects cost no memory.
 *
 * All that comes here has one hash, so there is one group, or in theory a few.
 */
#include "kanon/kanon_group.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define MAX_PARTS 64

typedef struct LargeGroup
{
	struct LargeGroup *next;
	uint64		subjects;
	SubjectSet *set;			/* of the part being read */
	uint32		seen;
	int64		extras[MAX_EXTRAS];
	uint64		record[FLEXIBLE_ARRAY_MEMBER];
} LargeGroup;

typedef struct LargeGroups
{
	KanonGroups *owner;
	MemoryContext context;
	LargeGroup *groups;
	uint32		n_parts;
	Partition	parts[MAX_PARTS];
} LargeGroups;

/* No groups yet; bytes: what may come. */
LargeGroups *
large_groups_create(KanonGroups *groups, uint64 bytes)
{
	MemoryContext context = AllocSetContextCreate(groups->store->context,
												  "mobanon large groups",
												  ALLOCSET_SMALL_SIZES);
	LargeGroups *large = MemoryContextAllocZero(context, sizeof(LargeGroups));

	large->owner = groups;
	large->context = context;
	large->n_parts = 1;
	while (large->n_parts < MAX_PARTS &&
		   bytes / large->n_parts > groups->memory_limit / 2)
		large->n_parts *= 2;
	for (uint32 i = 0; i < large->n_parts; i++)
		partition_init(&large->parts[i]);
	groups->n_partitions += large->n_parts;
	return large;
}

/* Gives back what the groups take. */
void
large_groups_destroy(LargeGroups *large)
{
	MemoryContextDelete(large->context);
}

static LargeGroup *
find_group(LargeGroups *large, const uint64 *record)
{
	LargeGroup *group;
	Size		bytes = RECORD_WORDS(record) * sizeof(uint64);

	for (group = large->groups; group; group = group->next)
	{
		if (record_same_key(&large->owner->format, record, group->record))
			return group;
	}
	group = MemoryContextAllocExtended(large->context,
									   offsetof(LargeGroup, record) + bytes,
									   MCXT_ALLOC_HUGE);
	memset(group, 0, offsetof(LargeGroup, record));
	memcpy(group->record, record, bytes);
	group->next = large->groups;
	large->groups = group;
	return group;
}

/* Adds one record. */
void
large_groups_add(LargeGroups *large, const uint64 *record)
{
	const RecordFormat *format = &large->owner->format;
	LargeGroup *group = find_group(large, record);
	uint32		words = RECORD_WORDS(record);
	uint32		part;

	group_add_extras(format, record, group->extras, &group->seen);
	if (record[0] & HEAD_SUBJECT_NULL)
		return;
	/* Other bits than those that the set uses, so that the parts' sets stay even. */
	part = (uint32) subject_key_hash(record_subject(format, record)) & (large->n_parts - 1);
	memcpy(partition_append(large->owner->store, &large->parts[part], words),
		   record, words * sizeof(uint64));
}

/* A set with room for one more, in place of a full one. */
static SubjectSet *
grow_set(LargeGroups *large, SubjectSet *set, SubjectKey subject)
{
	Size		before = VARSIZE(set);
	MemoryContext old = MemoryContextSwitchTo(large->context);
	SubjectSet *larger = set_add(set, subject);

	MemoryContextSwitchTo(old);
	if (larger != set)
	{
		partition_store_work(large->owner->store, 0, VARSIZE(larger));
		partition_store_work(large->owner->store, before, 0);
		pfree(set);
	}
	return larger;
}

static void
add_subject(LargeGroups *large, const uint64 *record)
{
	LargeGroup *group = find_group(large, record);

	if (group->set == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(large->context);

		group->set = set_create(large->owner->format.kind, K_NONE, 1);
		MemoryContextSwitchTo(old);
		partition_store_work(large->owner->store, 0, VARSIZE(group->set));
	}
	group->set = grow_set(large, group->set,
						  record_subject(&large->owner->format, record));
}

/* The sets of one part are complete. */
static void
finish_part(LargeGroups *large)
{
	for (LargeGroup *group = large->groups; group; group = group->next)
	{
		if (group->set == NULL)
			continue;
		group->subjects += group->set->count;
		partition_store_work(large->owner->store, VARSIZE(group->set), 0);
		pfree(group->set);
		group->set = NULL;
	}
}

/* All records are added: counts their subjects. */
void
large_groups_finish(LargeGroups *large)
{
	PartitionStore *store = large->owner->store;
	PartitionChunk *chunk;

	for (uint32 i = 0; i < large->n_parts; i++)
	{
		while ((chunk = partition_take(store, &large->parts[i])) != NULL)
		{
			const uint64 *end = chunk->words + chunk->used;

			CHECK_FOR_INTERRUPTS();
			for (const uint64 *record = chunk->words; record < end;
				 record += RECORD_WORDS(record))
				add_subject(large, record);
			partition_release(store, chunk);
		}
		finish_part(large);
	}
}

/* The next group, valid until the next call; false: there is none. */
bool
large_groups_next(LargeGroups *large, GroupResult *result)
{
	LargeGroup *group = large->groups;

	if (group == NULL)
		return false;
	large->groups = group->next;
	result->record = group->record;
	result->subjects = group->subjects;
	result->extras = group->extras;
	result->seen = group->seen;
	return true;
}
