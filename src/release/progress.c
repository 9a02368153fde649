/*
 * progress.c
 *		How far publications are, for who watches them.
 *
 * Where mobanon is preloaded, a publication that runs has a slot in shared
 * memory; elsewhere nobody sees it, and publish_backlog() says by NOTICE how
 * far it is.  A slot is its backend's own, and goes with its transaction.
 */
#include "release.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(report_progress);
PG_FUNCTION_INFO_V1(publications_running);

/* Publications that run at a time, in all databases; more are not seen. */
#define SLOTS 64
#define PHASE_LENGTH 32

typedef struct Slot
{
	int			pid;			/* 0: free */
	Oid			database;
	int32		pipeline_id;
	int			nest_level;		/* of the (sub)transaction that goes with it */
	int64		windows_done;
	int64		windows_total;
	int64		rows;
	TimestampTz started_at;
	TimestampTz phase_started_at;
	char		phase[PHASE_LENGTH];
} Slot;

static Slot *slots = NULL;
static LWLock *lock = NULL;
static Slot *mine = NULL;
static shmem_startup_hook_type previous_startup = NULL;
static shmem_request_hook_type previous_request = NULL;

static void
request(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(MAXALIGN(SLOTS * sizeof(Slot)));
	RequestNamedLWLockTranche("mobanon progress", 1);
}

static void
startup(void)
{
	bool		found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	slots = ShmemInitStruct("mobanon progress", SLOTS * sizeof(Slot), &found);
	if (!found)
		memset(slots, 0, SLOTS * sizeof(Slot));
	lock = &GetNamedLWLockTranche("mobanon progress")->lock;
	LWLockRelease(AddinShmemInitLock);
}

void
release_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request = shmem_request_hook;
	shmem_request_hook = request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
}

/* ---- the backend's own slot ---------------------------------------------- */

static void
leave_slot(void)
{
	if (mine == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	mine->pid = 0;
	LWLockRelease(lock);
	mine = NULL;
}

static void
leave_at_exit(int code, Datum argument)
{
	leave_slot();
}

static void
leave_with_transaction(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		leave_slot();
}

static void
leave_with_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && mine != NULL && mine->nest_level >= GetCurrentTransactionNestLevel())
		leave_slot();
}

/* A free slot, with the lock held; NULL when all are taken. */
static Slot *
take_slot(void)
{
	static bool registered = false;

	for (int i = 0; i < SLOTS; i++)
	{
		if (slots[i].pid != 0)
			continue;
		if (!registered)
		{
			before_shmem_exit(leave_at_exit, 0);
			RegisterXactCallback(leave_with_transaction, NULL);
			RegisterSubXactCallback(leave_with_subtransaction, NULL);
			registered = true;
		}
		memset(&slots[i], 0, sizeof(Slot));
		slots[i].pid = MyProcPid;
		slots[i].database = MyDatabaseId;
		slots[i].nest_level = GetCurrentTransactionNestLevel();
		slots[i].started_at = GetCurrentTimestamp();
		return &slots[i];
	}
	return NULL;
}

/* Enters the next phase of the publication that this backend is in, if it is seen. */
void
progress_phase(const char *phase)
{
	TimestampTz now;

	if (mine == NULL)
		return;
	now = GetCurrentTimestamp();
	LWLockAcquire(lock, LW_EXCLUSIVE);
	strlcpy(mine->phase, phase, PHASE_LENGTH);
	mine->phase_started_at = now;
	LWLockRelease(lock);
}

/*
 * report_progress(pipeline_id int, phase text, windows_done bigint, windows_total bigint, rows bigint) returns void
 *
 * For publish(): which pipeline this backend publishes, and how far it is.
 * What is NULL stays as it was; without a phase, the publication has ended.
 */
Datum
report_progress(PG_FUNCTION_ARGS)
{
	if (slots == NULL)
		PG_RETURN_VOID();
	if (PG_ARGISNULL(1))
	{
		leave_slot();
		PG_RETURN_VOID();
	}
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (mine == NULL)
		mine = take_slot();
	if (mine != NULL)
	{
		if (!PG_ARGISNULL(0))
			mine->pipeline_id = PG_GETARG_INT32(0);
		if (!PG_ARGISNULL(2))
			mine->windows_done = PG_GETARG_INT64(2);
		if (!PG_ARGISNULL(3))
			mine->windows_total = PG_GETARG_INT64(3);
		if (!PG_ARGISNULL(4))
			mine->rows = PG_GETARG_INT64(4);
	}
	LWLockRelease(lock);
	progress_phase(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_VOID();
}

/* ---- everybody's ---------------------------------------------------------- */

/*
 * publications_running() returns setof record: those in this database.
 * No row where mobanon is not preloaded.
 */
Datum
publications_running(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Slot	   *seen;
	int			n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (slots == NULL)
		PG_RETURN_NULL();
	seen = palloc(SLOTS * sizeof(Slot));
	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].pid != 0 && slots[i].database == MyDatabaseId)
			seen[n++] = slots[i];
	LWLockRelease(lock);
	for (int i = 0; i < n; i++)
	{
		Datum		values[] = {
			Int32GetDatum(seen[i].pid), Int32GetDatum(seen[i].pipeline_id), CStringGetTextDatum(seen[i].phase),
			Int64GetDatum(seen[i].windows_done), Int64GetDatum(seen[i].windows_total), Int64GetDatum(seen[i].rows),
			TimestampTzGetDatum(seen[i].started_at), TimestampTzGetDatum(seen[i].phase_started_at)
		};
		bool		nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}
