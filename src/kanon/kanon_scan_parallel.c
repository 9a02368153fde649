/*
 * kanon_scan_parallel.c
 *		KanonScan below a Gather.
 *
 * Every participant reads its part of the input into partitions of its own, by
 * the same bits of the same hash, and writes them to a file that all can read.
 * When all input is read, participants take the partitions one by one, each
 * with what everybody wrote for it: so a group is counted by one process, whole.
 * Who comes after the input was read has none to read and takes partitions.
 * Nobody waits after its first row, so nobody waits for one who cannot go on.
 */
#include "kanon/kanon_scan_state.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/dsm.h"
#include "storage/sharedfileset.h"
#include "utils/wait_event.h"

/* What one participant wrote of one partition. */
typedef struct SharedPart
{
	int64		place;			/* in its file, or -1 */
	uint64		records;
	uint64		bytes;
} SharedPart;

typedef struct KanonShared
{
	SharedFileSet files;
	dsm_handle	segment;
	Barrier		input_read;		/* phase 0: reading; later: partitions are taken */
	pg_atomic_uint32 next_partition;
	pg_atomic_uint32 n_participants;	/* that read input, each with a file */
	uint32		max_participants;
	double		expected_bytes;
	Size		memory;			/* for each participant */
	/* for EXPLAIN: sums */
	pg_atomic_uint64 partitions;
	pg_atomic_uint64 peak_bytes;
	pg_atomic_uint64 spilled_bytes;
	SharedPart	part[FLEXIBLE_ARRAY_MEMBER];	/* of each participant, 1 << FIRST_MAX_BITS */
} KanonShared;

#define SHARED_PARTS (1 << FIRST_MAX_BITS)

static void
reset_shared(KanonShared *shared)
{
	BarrierInit(&shared->input_read, 0);
	pg_atomic_write_u32(&shared->next_partition, 0);
	pg_atomic_write_u32(&shared->n_participants, 0);
}

/* EstimateDSMCustomScan: bytes that all participants share. */
Size
kanon_scan_estimate_dsm(CustomScanState *node, ParallelContext *pcxt)
{
	return offsetof(KanonShared, part) +
		(Size) (pcxt->nworkers + 1) * SHARED_PARTS * sizeof(SharedPart);
}

/* InitializeDSMCustomScan; without a segment the leader does all there is. */
void
kanon_scan_initialize_dsm(CustomScanState *node, ParallelContext *pcxt,
						  void *coordinate)
{
	KanonScanState *state = (KanonScanState *) node;
	KanonShared *shared = coordinate;

	if (pcxt->seg == NULL || !node->ss.ps.plan->parallel_aware)
		return;
	SharedFileSetInit(&shared->files, pcxt->seg);
	shared->segment = dsm_segment_handle(pcxt->seg);
	shared->max_participants = pcxt->nworkers + 1;
	/* The planner's rows are those of one participant. */
	shared->expected_bytes = state->expected_bytes * shared->max_participants;
	shared->memory = get_hash_memory_limit();
	pg_atomic_init_u32(&shared->next_partition, 0);
	pg_atomic_init_u32(&shared->n_participants, 0);
	pg_atomic_init_u64(&shared->partitions, 0);
	pg_atomic_init_u64(&shared->peak_bytes, 0);
	pg_atomic_init_u64(&shared->spilled_bytes, 0);
	reset_shared(shared);
	state->shared = shared;
	state->ended = false;
}

/* ReInitializeDSMCustomScan: before the same workers are started again. */
void
kanon_scan_reinitialize_dsm(CustomScanState *node, ParallelContext *pcxt,
							void *coordinate)
{
	KanonScanState *state = (KanonScanState *) node;

	if (state->shared == NULL)
		return;
	kanon_scan_forget_groups(state);
	SharedFileSetDeleteAll(&state->shared->files);
	reset_shared(state->shared);
}

/* InitializeWorkerCustomScan. */
void
kanon_scan_initialize_worker(CustomScanState *node, shm_toc *toc, void *coordinate)
{
	KanonScanState *state = (KanonScanState *) node;

	if (!node->ss.ps.plan->parallel_aware)
		return;
	state->shared = coordinate;
	SharedFileSetAttach(&state->shared->files,
						dsm_find_mapping(state->shared->segment));
}

static void
file_name(char *name, Size size, uint32 participant)
{
	snprintf(name, size, "kanon.%u", participant);
}

/* Writes out what this participant read, for all to take. */
static void
export_partitions(KanonScanState *state, uint32 participant)
{
	KanonGroups *groups = state->groups;
	SharedPart *part = state->shared->part + (Size) participant * SHARED_PARTS;

	for (int i = 0; i < 1 << groups->bits; i++)
	{
		Partition  *partition = &groups->partitions[i];

		partition_export(groups->store, partition);
		part[i].place = partition->spilled;
		part[i].records = partition->records;
		part[i].bytes = partition->bytes;
	}
	partition_store_export(groups->store);
}

/* Reads this participant's input, if there is any left, and waits for the others. */
void
kanon_scan_share_input(KanonScanState *state)
{
	KanonShared *shared = state->shared;

	kanon_scan_create_groups(state, shared->expected_bytes, shared->memory);
	state->files = MemoryContextAllocZero(state->groups->store->context,
										  shared->max_participants * sizeof(File));
	if (BarrierAttach(&shared->input_read) == 0)
	{
		PartitionStore *store = state->groups->store;
		uint32		participant = pg_atomic_fetch_add_u32(&shared->n_participants, 1);

		if (participant >= shared->max_participants)
			elog(ERROR, "more participants than planned");
		store->file_set = &shared->files.fs;
		file_name(store->file_name, sizeof(store->file_name), participant);
		kanon_scan_append_input(state);
		export_partitions(state, participant);
		BarrierArriveAndWait(&shared->input_read, PG_WAIT_EXTENSION);
	}
	BarrierDetach(&shared->input_read);
}

static File
participant_file(KanonScanState *state, uint32 participant)
{
	if (state->files[participant] == NO_FILE)
	{
		char		name[32];

		file_name(name, sizeof(name), participant);
		state->files[participant] = FileSetOpen(&state->shared->files.fs, name, O_RDONLY);
		if (state->files[participant] <= 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not open a temporary file of a parallel query: %m"),
					 errhint("Check the disk that holds the temporary files.")));
	}
	return state->files[participant];
}

/* Takes the next partition that has records; false: all are taken. */
bool
kanon_scan_take_partition(KanonScanState *state)
{
	KanonShared *shared = state->shared;
	KanonGroups *groups = state->groups;
	uint32		n = pg_atomic_read_u32(&shared->n_participants);
	uint32		i;

	while ((i = pg_atomic_fetch_add_u32(&shared->next_partition, 1)) < (1U << groups->bits))
	{
		Partition	partition;

		partition_init(&partition);
		for (uint32 participant = 0; participant < n; participant++)
		{
			const SharedPart *part = &shared->part[(Size) participant * SHARED_PARTS + i];

			if (part->records == 0)
				continue;
			partition_import(groups->store, &partition,
							 participant_file(state, participant), part->place);
			partition.records += part->records;
			partition.bytes += part->bytes;
		}
		if (partition.records == 0)
			continue;
		/* It may not have seen a row before. */
		if (state->smallest_k == 0)
			kanon_scan_evaluate_k(state);
		groups->smallest_k = (uint32) state->smallest_k;
		kanon_groups_add_partition(groups, &partition);
		return true;
	}
	return false;
}

/* Closes what it opened of the others' files. */
void
kanon_scan_close_files(KanonScanState *state)
{
	if (state->files == NULL)
		return;
	for (uint32 i = 0; i < state->shared->max_participants; i++)
	{
		if (state->files[i] != NO_FILE)
			FileClose(state->files[i]);
	}
	state->files = NULL;
}

/*
 * ShutdownCustomScan: the shared memory goes away before the node does.  Memory
 * and files are summed up over the participants.
 */
void
kanon_scan_shutdown(CustomScanState *node)
{
	KanonScanState *state = (KanonScanState *) node;
	KanonShared *shared = state->shared;

	if (shared == NULL)
		return;
	kanon_scan_forget_groups(state);
	if (IsParallelWorker())
	{
		pg_atomic_fetch_add_u64(&shared->peak_bytes, state->peak_bytes);
		pg_atomic_fetch_add_u64(&shared->spilled_bytes, state->spilled_bytes);
		if (state->partitions > (int64) pg_atomic_read_u64(&shared->partitions))
			pg_atomic_write_u64(&shared->partitions, state->partitions);
	}
	else
	{
		state->peak_bytes += pg_atomic_exchange_u64(&shared->peak_bytes, 0);
		state->spilled_bytes += pg_atomic_exchange_u64(&shared->spilled_bytes, 0);
		state->partitions = Max(state->partitions,
								(int64) pg_atomic_read_u64(&shared->partitions));
	}
	state->shared = NULL;
	/* Alone, it would read again what the workers have counted. */
	state->ended = true;
}
