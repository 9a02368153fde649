/*
 * consent_share.c
 *		One copy of a scope's set for all backends, when mobanon is preloaded.
 *
 * A set that was read once (consented.c) is copied into a dynamic shared memory
 * segment, together with the snapshot it stands for, and never changed there:
 * each backend lays its own, small delta over it.  A newer set replaces the
 * segment; who still has the old one mapped keeps it until the next statement.
 */
#include "consent.h"

#include "consent_pages.h"
#include "consented.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_database.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "storage/dsm_impl.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

/* Scopes that are shared at a time, in all databases of the cluster. */
#define SHARED_SETS 64

/* Sets below this size are read in less time than a segment takes. */
#define FEWEST_SHARED 1000

typedef struct SharedSet
{
	Oid			database;		/* InvalidOid: free */
	ScopeRow	row;
	dsm_handle	handle;
	uint64		version;		/* 0: no segment yet */
	int			builder;		/* pid of who is reading the scope, 0 for nobody */
} SharedSet;

typedef struct SharedState
{
	uint64		versions;
	SharedSet	sets[SHARED_SETS];
} SharedState;

/* A segment: this, the running transactions, the slots, the pages, the arena. */
typedef struct SharedImage
{
	SavedSnapshot at;			/* its pointer means nothing here */
	uint64		capacity;
	uint64		used;
	uint64		pages_size;		/* 0: none */
	uint64		arena_used;
} SharedImage;

static SharedState *shared = NULL;
static LWLock *lock = NULL;
static shmem_startup_hook_type previous_startup = NULL;
static shmem_request_hook_type previous_request = NULL;
static object_access_hook_type next_object_access = NULL;

static void
request(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(SharedState)));
	RequestNamedLWLockTranche("mobanon", 1);
}

static void
startup(void)
{
	bool		found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("mobanon consent sets", sizeof(SharedState), &found);
	if (!found)
		memset(shared, 0, sizeof(SharedState));
	lock = &GetNamedLWLockTranche("mobanon")->lock;
	LWLockRelease(AddinShmemInitLock);
}

/* ---- the table of shared sets ---------------------------------------------- */

static bool
same_scope(const SharedSet *set, const ScopeRow *row)
{
	return set->database == MyDatabaseId && set->row.state_relid == row->state_relid &&
		set->row.scope_id == row->scope_id;
}

/* Is its scope being read?  A reader that was terminated did not say so. */
static bool
is_being_read(const SharedSet *set)
{
	return set->builder != 0 && BackendPidGetProc(set->builder) != NULL;
}

/* The entry of a scope; with claim, a free or the oldest one is taken for it. */
static SharedSet *
find_shared(const ScopeRow *row, bool claim)
{
	SharedSet  *oldest = NULL;

	for (int i = 0; i < SHARED_SETS; i++)
	{
		SharedSet  *set = &shared->sets[i];

		if (same_scope(set, row))
			return set;
		if (!is_being_read(set) && (oldest == NULL || set->version < oldest->version))
			oldest = set;
	}
	if (!claim || oldest == NULL)
		return NULL;
	if (oldest->version != 0)
		dsm_unpin_segment(oldest->handle);
	memset(oldest, 0, sizeof(SharedSet));
	oldest->database = MyDatabaseId;
	oldest->row = *row;
	return oldest;
}

/* After an error the lock may be ours already: dsm_attach() reports under it. */
static void
lock_for_cleanup(void)
{
	if (LWLockHeldByMe(lock))
		LWLockRelease(lock);
	LWLockAcquire(lock, LW_EXCLUSIVE);
}

/* A session that ends with a FATAL error runs no PG_CATCH; the next one may have its pid. */
static void
stop_reading(int code, Datum arg)
{
	lock_for_cleanup();
	for (int i = 0; i < SHARED_SETS; i++)
	{
		if (shared->sets[i].builder == MyProcPid)
			shared->sets[i].builder = 0;
	}
	LWLockRelease(lock);
}

/*
 * May this backend read the scope now?  False while another one does: its
 * result will serve us.  True means consent_share_end() must follow.
 */
bool
consent_share_begin(const ScopeRow *row)
{
	static bool at_exit = false;
	SharedSet  *set;
	bool		mine = true;

	if (shared == NULL)
		return true;
	if (!at_exit)
		before_shmem_exit(stop_reading, 0);
	at_exit = true;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	set = find_shared(row, true);
	if (set != NULL)
	{
		mine = set->builder == MyProcPid || !is_being_read(set);
		if (mine)
			set->builder = MyProcPid;
	}
	LWLockRelease(lock);
	return mine;
}

void
consent_share_end(const ScopeRow *row)
{
	SharedSet  *set;

	if (shared == NULL)
		return;
	lock_for_cleanup();
	set = find_shared(row, false);
	if (set != NULL && set->builder == MyProcPid)
		set->builder = 0;
	LWLockRelease(lock);
}

/* A database was dropped: its number may be another's one day. */
static void
forget_database(Oid database)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < SHARED_SETS; i++)
	{
		SharedSet  *set = &shared->sets[i];

		if (set->database != database)
			continue;
		if (set->version != 0)
			dsm_unpin_segment(set->handle);
		memset(set, 0, sizeof(SharedSet));
	}
	LWLockRelease(lock);
}

static void
share_object_access(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	if (next_object_access != NULL)
		next_object_access(access, classid, objectid, subid, arg);
	if (access == OAT_DROP && classid == DatabaseRelationId && shared != NULL)
		forget_database(objectid);
}

/* ---- segments --------------------------------------------------------------- */

static Size
running_size(int n)
{
	return MAXALIGN(n * sizeof(TransactionId));
}

/* Points a set into a mapped segment. */
static void
open_image(dsm_segment *segment, ConsentSet *set, SavedSnapshot *at)
{
	SharedImage *image = dsm_segment_address(segment);
	char	   *next = (char *) image + MAXALIGN(sizeof(SharedImage));
	SavedSnapshot stored = image->at;

	stored.running = (TransactionId *) next;
	saved_snapshot_copy(at, &stored);
	next += running_size(stored.n);
	memset(set, 0, sizeof(ConsentSet));
	set->capacity = image->capacity;
	set->used = image->used;
	set->slots = (ConsentSlot *) next;
	next += image->capacity * sizeof(ConsentSlot);
	if (image->pages_size > 0)
		set->pages = (ConsentPages *) next;
	set->arena = next + MAXALIGN(image->pages_size);
	set->arena_used = set->arena_size = image->arena_used;
}

/*
 * Uses the shared set of this scope, if there is one newer than the version at
 * hand.  *segment is then mapped for the rest of the session, or until it is
 * detached.
 */
bool
consent_share_attach(const ScopeRow *row, uint64 *version, dsm_segment **segment,
					 ConsentSet *set, SavedSnapshot *at)
{
	SharedSet  *entry;
	dsm_segment *found = NULL;

	if (shared == NULL)
		return false;
	LWLockAcquire(lock, LW_SHARED);
	entry = find_shared(row, false);
	if (entry != NULL && entry->version > *version &&
		entry->row.generation == row->generation && entry->row.earlier == row->earlier)
	{
		found = dsm_attach(entry->handle);
		*version = entry->version;
	}
	LWLockRelease(lock);
	if (found == NULL)
		return false;
	dsm_pin_mapping(found);
	*segment = found;
	open_image(found, set, at);
	return true;
}

/*
 * Is there room for a segment?  dsm_create() makes an error of a /dev/shm that
 * is full, and the query would fail that can do without.
 */
static bool
there_is_room(Size size)
{
	void	   *private = NULL;
	void	   *address = NULL;
	Size		mapped = 0;
	dsm_handle	handle = pg_prng_uint32(&pg_global_prng_state) | 1;

	if (!dsm_impl_op(DSM_OP_CREATE, handle, size, &private, &address, &mapped, LOG))
		return false;
	(void) dsm_impl_op(DSM_OP_DESTROY, handle, 0, &private, &address, &mapped, LOG);
	return true;
}

/*
 * Copies a set into a segment of its own and lets everybody use it; false, and
 * nothing happened, where sharing is off, not worth it, or out of memory.
 */
bool
consent_share_publish(const ScopeRow *row, const ConsentSet *set, const SavedSnapshot *at)
{
	uint64		capacity = consent_set_capacity_for(set->used);
	Size		pages_size = set->pages == NULL ? 0 : set->pages->size;
	Size		size = MAXALIGN(sizeof(SharedImage)) + running_size(at->n) +
		capacity * sizeof(ConsentSlot) + MAXALIGN(pages_size) + set->arena_used;
	dsm_segment *segment;
	SharedImage *image;
	SharedSet  *entry;
	char	   *next;

	if (shared == NULL || set->used < FEWEST_SHARED || !there_is_room(size))
		return false;
	segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (segment == NULL)
		return false;
	image = dsm_segment_address(segment);
	image->at = *at;
	image->at.running = NULL;
	image->capacity = capacity;
	image->used = set->used;
	image->pages_size = pages_size;
	image->arena_used = set->arena_used;
	next = (char *) image + MAXALIGN(sizeof(SharedImage));
	memcpy(next, at->running, at->n * sizeof(TransactionId));
	next += running_size(at->n);
	consent_set_copy_slots(set, (ConsentSlot *) next, capacity);
	next += capacity * sizeof(ConsentSlot);
	if (pages_size > 0)
		memcpy(next, set->pages, pages_size);
	if (set->arena_used > 0)
		memcpy(next + MAXALIGN(pages_size), set->arena, set->arena_used);

	dsm_pin_segment(segment);
	LWLockAcquire(lock, LW_EXCLUSIVE);
	entry = find_shared(row, true);
	if (entry != NULL)
	{
		if (entry->version != 0)
			dsm_unpin_segment(entry->handle);
		entry->row = *row;
		entry->handle = dsm_segment_handle(segment);
		entry->version = ++shared->versions;
	}
	LWLockRelease(lock);
	if (entry == NULL)
		dsm_unpin_segment(dsm_segment_handle(segment));
	dsm_detach(segment);
	return entry != NULL;
}

/* ---- being there ------------------------------------------------------------ */

void
consent_share_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request = shmem_request_hook;
	shmem_request_hook = request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
	next_object_access = object_access_hook;
	object_access_hook = share_object_access;
}
