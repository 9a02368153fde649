/*
 * kanon_partition.c
 *		Partitions of records, see kanon_partition.h.
 */
#include "kanon/kanon_partition.h"

#include "commands/tablespace.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#define CHUNK_BYTES(blocks) ((Size) (blocks) * BLCKSZ)
#define CHUNK_HEADER offsetof(PartitionChunk, words)
#define CHUNK_WORDS(blocks) \
	((CHUNK_BYTES(blocks) - CHUNK_HEADER) / sizeof(uint64))

/*
 * An empty store below parent.  limit: bytes of chunks that stay in memory;
 * chunk_bytes: size of a chunk, at least a block.
 */
PartitionStore *
partition_store_create(MemoryContext parent, Size limit, Size chunk_bytes)
{
	MemoryContext context = AllocSetContextCreate(parent, "mobanon partitions",
												  ALLOCSET_DEFAULT_SIZES);
	PartitionStore *store = MemoryContextAllocZero(context, sizeof(PartitionStore));

	store->context = context;
	store->limit = limit;
	store->file = NO_FILE;
	store->chunk_blocks = Max(chunk_bytes / BLCKSZ, 1);
	return store;
}

/* Gives back memory and file. */
void
partition_store_destroy(PartitionStore *store)
{
	if (store->file != NO_FILE)
		FileClose(store->file);
	MemoryContextDelete(store->context);
}

static inline void
note_peak(PartitionStore *store)
{
	Size		bytes = store->chunk_bytes + store->work_bytes;

	if (bytes > store->peak_bytes)
		store->peak_bytes = bytes;
}

/* The owner's own memory went from before to after bytes. */
void
partition_store_work(PartitionStore *store, Size before, Size after)
{
	store->work_bytes += after - before;
	note_peak(store);
}

/* An empty partition. */
void
partition_init(Partition *partition)
{
	memset(partition, 0, sizeof(Partition));
	partition->spilled = -1;
}

static PartitionChunk *
new_chunk(PartitionStore *store, uint32 blocks)
{
	PartitionChunk *chunk = store->free;

	if (chunk && blocks == store->chunk_blocks)
		store->free = chunk->next;
	else
	{
		chunk = MemoryContextAllocHuge(store->context, CHUNK_BYTES(blocks));
		store->chunk_bytes += CHUNK_BYTES(blocks);
		note_peak(store);
	}
	chunk->next = NULL;
	chunk->before = -1;
	chunk->blocks = blocks;
	chunk->used = 0;
	return chunk;
}

/* Gives a chunk back: to the store's own list while it is within its limit. */
void
partition_release(PartitionStore *store, PartitionChunk *chunk)
{
	if (chunk->blocks == store->chunk_blocks &&
		store->chunk_bytes <= store->limit)
	{
		chunk->next = store->free;
		store->free = chunk;
		return;
	}
	store->chunk_bytes -= CHUNK_BYTES(chunk->blocks);
	pfree(chunk);
}

/* ---- the file ------------------------------------------------------------ */

/* Where a chunk goes: a place that was read already, or the end. */
static int64
new_place(PartitionStore *store, uint32 blocks)
{
	int64		place;

	if (blocks == store->chunk_blocks && store->n_free_places > 0)
		return store->free_places[--store->n_free_places];
	place = store->file_blocks;
	store->file_blocks += blocks;
	return place;
}

static void
free_place(PartitionStore *store, int64 place, uint32 blocks)
{
	if (blocks != store->chunk_blocks)
		return;
	if (store->n_free_places == store->max_free_places)
	{
		Size		more = Max(store->max_free_places * 2, 64);

		if (store->free_places)
			store->free_places = repalloc_huge(store->free_places,
											   more * sizeof(int64));
		else
			store->free_places = MemoryContextAlloc(store->context,
													more * sizeof(int64));
		partition_store_work(store, store->max_free_places * sizeof(int64),
							 more * sizeof(int64));
		store->max_free_places = more;
	}
	store->free_places[store->n_free_places++] = place;
}

/*
 * A chunk goes to the file and comes back in one piece: BufFile's blocks would
 * be a copy and four calls for each.  Its counters are kept as BufFile does.
 */
static void
write_exactly(File file, int64 place, const char *from, Size size)
{
	off_t		offset = (off_t) place * BLCKSZ;
	instr_time	start;

	pgBufferUsage.temp_blks_written += size / BLCKSZ;
	INSTR_TIME_SET_ZERO(start);
	if (track_io_timing)
		INSTR_TIME_SET_CURRENT(start);
	while (size > 0)
	{
		int			written = FileWrite(file, (char *) from, size, offset, WAIT_EVENT_BUFFILE_WRITE);

		if (written <= 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write to a temporary file: %m"),
					 errhint("Make room on the disk that holds the temporary files, or raise work_mem.")));
		from += written;
		offset += written;
		size -= written;
	}
	if (track_io_timing)
	{
		instr_time	end;

		INSTR_TIME_SET_CURRENT(end);
		INSTR_TIME_ACCUM_DIFF(pgBufferUsage.temp_blk_write_time, end, start);
	}
}

static void
read_exactly(File file, int64 place, Size skip, char *to, Size size)
{
	off_t		offset = (off_t) place * BLCKSZ + skip;
	instr_time	start;

	pgBufferUsage.temp_blks_read += size / BLCKSZ;
	INSTR_TIME_SET_ZERO(start);
	if (track_io_timing)
		INSTR_TIME_SET_CURRENT(start);
	while (size > 0)
	{
		int			got = FileRead(file, to, size, offset, WAIT_EVENT_BUFFILE_READ);

		if (got <= 0)
			ereport(ERROR,
					(got < 0 ? errcode_for_file_access() : errcode(ERRCODE_DATA_CORRUPTED),
					 got < 0 ? errmsg("could not read from a temporary file: %m") :
					 errmsg("could not read from a temporary file: it is too short"),
					 errhint("Check the disk that holds the temporary files.")));
		to += got;
		offset += got;
		size -= got;
	}
	if (track_io_timing)
	{
		instr_time	end;

		INSTR_TIME_SET_CURRENT(end);
		INSTR_TIME_ACCUM_DIFF(pgBufferUsage.temp_blk_read_time, end, start);
	}
}

static void
create_file(PartitionStore *store)
{
	if (store->file_set)
		store->file = FileSetCreate(store->file_set, store->file_name);
	else
	{
		PrepareTempTablespaces();
		store->file = OpenTemporaryFile(false);
	}
}

/* Writes the newest chunk of a partition out; the chunk is the caller's then. */
static PartitionChunk *
spill_newest(PartitionStore *store, Partition *partition)
{
	PartitionChunk *chunk = partition->chunks;
	int64		place = new_place(store, chunk->blocks);

	CHECK_FOR_INTERRUPTS();
	if (store->file == NO_FILE)
		create_file(store);
	partition->chunks = chunk->next;
	chunk->next = NULL;
	chunk->before = partition->spilled;
	/* What follows the used words are leftovers: not for the disk. */
	memset(chunk->words + chunk->used, 0,
		   CHUNK_BYTES(chunk->blocks) - CHUNK_HEADER - chunk->used * sizeof(uint64));
	write_exactly(store->file, place, (const char *) chunk, CHUNK_BYTES(chunk->blocks));
	store->spilled_bytes += CHUNK_BYTES(chunk->blocks);
	partition->spilled = place;
	return chunk;
}

/*
 * The chunk at a place of a file; before: the place of the chunk before it.
 * None is shorter than a usual one, so that much is read at once.
 */
static PartitionChunk *
read_chunk(PartitionStore *store, File file, int64 place, int64 *before)
{
	Size		usual = CHUNK_BYTES(store->chunk_blocks);
	PartitionChunk *chunk = new_chunk(store, store->chunk_blocks);

	CHECK_FOR_INTERRUPTS();
	read_exactly(file, place, 0, (char *) chunk, usual);
	if (chunk->blocks > store->chunk_blocks)
	{
		PartitionChunk *longer = new_chunk(store, chunk->blocks);

		memcpy(longer, chunk, usual);
		chunk->blocks = store->chunk_blocks;
		partition_release(store, chunk);
		chunk = longer;
		read_exactly(file, place, usual, (char *) chunk + usual, CHUNK_BYTES(chunk->blocks) - usual);
	}
	*before = chunk->before;
	return chunk;
}

static PartitionChunk *
read_newest(PartitionStore *store, Partition *partition)
{
	int64		place = partition->spilled;
	PartitionChunk *chunk = read_chunk(store, store->file, place, &partition->spilled);

	free_place(store, place, chunk->blocks);
	return chunk;
}

/* ---- writing and reading a partition ------------------------------------- */

static inline void
finish_newest(Partition *partition)
{
	if (partition->chunks && partition->write)
		partition->chunks->used = partition->write - partition->chunks->words;
	partition->write = partition->end = NULL;
}

/* partition_append() where the newest chunk has no room. */
uint64 *
partition_extend(PartitionStore *store, Partition *partition, uint32 words)
{
	Size		bytes = CHUNK_HEADER + (Size) words * sizeof(uint64);
	Size		blocks = Max((bytes + BLCKSZ - 1) / BLCKSZ, store->chunk_blocks);
	PartitionChunk *chunk;

	finish_newest(partition);
	if (partition->chunks && store->free == NULL &&
		store->chunk_bytes >= store->limit)
		partition_release(store, spill_newest(store, partition));
	chunk = new_chunk(store, (uint32) blocks);
	chunk->next = partition->chunks;
	partition->chunks = chunk;
	partition->write = chunk->words;
	partition->end = chunk->words + CHUNK_WORDS(blocks);
	return partition->write;
}

/* Takes a chunk out of a partition, to be released by the caller; NULL: none is left. */
PartitionChunk *
partition_take(PartitionStore *store, Partition *partition)
{
	PartitionChunk *chunk;

	finish_newest(partition);
	chunk = partition->chunks;
	if (chunk)
		partition->chunks = chunk->next;
	else if (partition->spilled >= 0)
		chunk = read_newest(store, partition);
	return chunk;
}

/* Brings all of a partition into memory. */
void
partition_load(PartitionStore *store, Partition *partition)
{
	finish_newest(partition);
	while (partition->spilled >= 0)
	{
		PartitionChunk *chunk = read_newest(store, partition);

		chunk->next = partition->chunks;
		partition->chunks = chunk;
	}
}

/* Forgets the chunks that a partition has in memory. */
void
partition_drop(PartitionStore *store, Partition *partition)
{
	while (partition->chunks)
	{
		PartitionChunk *chunk = partition->chunks;

		partition->chunks = chunk->next;
		partition_release(store, chunk);
	}
	partition_init(partition);
}

/* ---- from one process to another ------------------------------------------ */

/* Writes all of a partition to the file: partition->spilled is where it begins. */
void
partition_export(PartitionStore *store, Partition *partition)
{
	finish_newest(partition);
	while (partition->chunks)
		partition_release(store, spill_newest(store, partition));
}

/* Ends the file that others read; what the store spills from now on is its own. */
void
partition_store_export(PartitionStore *store)
{
	if (store->file != NO_FILE)
		FileClose(store->file);
	store->file = NO_FILE;
	store->file_set = NULL;
	store->file_blocks = 0;
	store->n_free_places = 0;
}

/*
 * Adds the chunks of another process's file, from place on, to a partition that
 * nothing is appended to.  Its records and bytes are the caller's to add.
 */
void
partition_import(PartitionStore *store, Partition *partition, File file,
				 int64 place)
{
	while (place >= 0)
	{
		PartitionChunk *chunk;

		if (partition->chunks && store->free == NULL &&
			store->chunk_bytes >= store->limit)
			partition_release(store, spill_newest(store, partition));
		chunk = read_chunk(store, file, place, &place);
		chunk->next = partition->chunks;
		partition->chunks = chunk;
	}
}
