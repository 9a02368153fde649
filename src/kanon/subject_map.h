/*
 * subject_map.h
 *		Distinct subjects with one word each: what a subject contributes to a
 *		magnitude, or which value it holds.
 *
 * A growing subject_set (see subject_set.h) and, behind its keys in the same
 * chunk of memory, one word for each position, the zero key's last:
 *
 *		| header | 16-byte keys [capacity] | words [capacity + 1] |
 *
 * Lives in memory only, within one statement; a copy for another process is a
 * list of keys and words (subject_map_write).
 */
#ifndef SUBJECT_MAP_H
#define SUBJECT_MAP_H

#include "kanon/kanon.h"

#include "lib/stringinfo.h"

typedef struct SubjectMap
{
	SubjectSet *set;
	uint64	   *words;
	uint32		capacity;
} SubjectMap;

/* A place in a map while one walks through it. */
typedef struct SubjectMapEntry
{
	uint32		position;
	SubjectKey	key;
	uint64		word;
} SubjectMapEntry;

extern void subject_map_init(SubjectMap *map, SubjectKind kind, MemoryContext context);
extern void subject_map_reserve(SubjectMap *map, uint64 count);
extern uint64 *subject_map_grow(SubjectMap *map, SubjectKey key);

static inline uint64
subject_map_count(const SubjectMap *map)
{
	return map->set->count;
}

/* The word of a subject, 0 when it is new; valid until the next call. */
static inline uint64 *
subject_map_word(SubjectMap *map, SubjectKey key)
{
	uint32		position;
	SubjectSetAdd found = subject_set_put(map->set, map->capacity, key, &position);

	if (unlikely(found == SUBJECT_SET_FULL))
		return subject_map_grow(map, key);
	if (found == SUBJECT_SET_ADDED)
		map->words[position] = 0;
	return &map->words[position];
}

/* Walks through a map: begin with a zeroed entry, or go on; false: no more. */
static inline bool
subject_map_next(const SubjectMap *map, SubjectMapEntry *entry)
{
	uint32		position = subject_set_next(map->set, map->capacity, entry->position);

	if (position > map->capacity)
		return false;
	if (position < map->capacity)
		entry->key = map->set->keys[position];
	else
		entry->key.high = entry->key.low = 0;
	entry->word = map->words[position];
	entry->position = position + 1;
	return true;
}

/* A copy in a message, for a process of the same server; and such a message, to read. */
extern void subject_map_write(const SubjectMap *map, StringInfo message);
extern void subject_map_read(SubjectMap *map, SubjectKind kind, StringInfo message,
							 MemoryContext context);

static inline StringInfoData
bytea_message(bytea *bytes)
{
	StringInfoData message = {0};

	message.data = VARDATA_ANY(bytes);
	message.len = message.maxlen = VARSIZE_ANY_EXHDR(bytes);
	return message;
}

#endif							/* SUBJECT_MAP_H */
