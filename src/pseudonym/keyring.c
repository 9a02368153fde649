/*
 * keyring.c
 *		The keyring as a backend sees it: domains, epochs, keys ready for use.
 *
 * The tables key_domain and key_epoch are read with a snapshot taken for the
 * purpose, as catalogs are, and not with the statement's: a shredded key is
 * gone for everybody at once, whatever their isolation level.  Their triggers
 * invalidate the relation when the keyring changes (in any session, also on a
 * standby, also by a rollback), and every backend then drops and cleanses all
 * it holds.  Callers hold a key only until they next call keyring_find().
 */
#include "pseudonym.h"

#include <openssl/crypto.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* Bounds of what a backend holds; beyond them it starts afresh. */
#define MAX_DOMAINS 64
#define MAX_KEYS 1024

/* How often a domain is read again because the keyring changed meanwhile. */
#define MAX_READS 8

typedef struct Epoch
{
	int32		number;
	TimestampTz starts;
	TimestampTz ends;			/* not included */
	bool		shredded;
	char		root[FINGERPRINT_LEN + 1];
	uint8		wrapped[WRAPPED_LEN];
	HmacKey    *key;			/* NULL until first used */
} Epoch;

typedef struct Domain
{
	char	   *name;
	int			len;
	int			n;
	Epoch	   *epochs;			/* by time */
} Domain;

static struct
{
	MemoryContext context;
	bool		stale;			/* the tables changed since we read them */
	bool		busy;			/* loading: what is there must stay */
	Oid			domain_relid;
	Oid			epoch_relid;
	int			ndomains;
	Domain		domains[MAX_DOMAINS];
	int			nkeys;
	Domain	   *last_domain;
	Epoch	   *last_epoch;
} ring;

PG_FUNCTION_INFO_V1(keyring_changed);

/* ---- dropping what we hold ------------------------------------------------ */

static void
drop_keys(void)
{
	memo_reset();
	for (int d = 0; d < ring.ndomains; d++)
	{
		for (int e = 0; e < ring.domains[d].n; e++)
		{
			hmac_key_free(ring.domains[d].epochs[e].key);
			ring.domains[d].epochs[e].key = NULL;
		}
	}
	ring.nkeys = 0;
	ring.last_domain = NULL;
	ring.last_epoch = NULL;
}

/* Wrapped keys too: after a shredding they are to be found nowhere. */
static void
drop_all(void)
{
	drop_keys();
	for (int d = 0; d < ring.ndomains; d++)
		OPENSSL_cleanse(ring.domains[d].epochs, ring.domains[d].n * sizeof(Epoch));
	ring.ndomains = 0;
	ring.domain_relid = ring.epoch_relid = InvalidOid;
	if (ring.context != NULL)
		MemoryContextReset(ring.context);
}

/* May run wherever PostgreSQL accepts invalidations, also while we load. */
static void
keyring_invalidated(Datum arg, Oid relid)
{
	if (relid != InvalidOid && relid != ring.domain_relid && relid != ring.epoch_relid)
		return;
	ring.stale = true;
	if (!ring.busy)
		drop_all();
}

static void
drop_at_exit(int code, Datum arg)
{
	drop_keys();
}

/*
 * keyring_changed() returns trigger
 *
 * AFTER ... FOR EACH STATEMENT on key_domain and key_epoch: every backend
 * drops the keys it holds when this transaction commits, this one now; and
 * before it commits, it erases the keys that the change left behind.
 */
Datum
keyring_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("keyring_changed: not called by trigger manager")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	erase_at_commit(mobanon_relation("key_epoch"));
	return PointerGetDatum(NULL);
}

/* ---- reading the tables --------------------------------------------------- */

/* The number of a domain, or 0 when there is none of that name. */
static int32
read_domain_id(const char *name, int len)
{
	Relation	rel = table_open(ring.domain_relid, AccessShareLock);
	text	   *value = cstring_to_text_with_len(name, len);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	int32		id = 0;
	bool		isnull;

	ScanKeyInit(&key, DOMAIN_NAME, BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(value));
	scan = systable_beginscan(rel, mobanon_relation("key_domain_pkey"), true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		id = DatumGetInt32(heap_getattr(tuple, DOMAIN_ID, RelationGetDescr(rel), &isnull));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return id;
}

static void
epoch_from_tuple(Epoch *epoch, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		value;

	memset(epoch, 0, sizeof(Epoch));
	epoch->number = DatumGetInt32(heap_getattr(tuple, EPOCH_NUMBER, desc, &isnull));
	epoch->starts = DatumGetTimestampTz(heap_getattr(tuple, EPOCH_STARTS, desc, &isnull));
	epoch->ends = DatumGetTimestampTz(heap_getattr(tuple, EPOCH_ENDS, desc, &isnull));
	value = heap_getattr(tuple, EPOCH_WRAPPED, desc, &epoch->shredded);
	if (!epoch->shredded)
	{
		bytea	   *wrapped = DatumGetByteaPP(value);

		/* Another length unwraps no more than an unknown format does. */
		if (VARSIZE_ANY_EXHDR(wrapped) == WRAPPED_LEN)
			memcpy(epoch->wrapped, VARDATA_ANY(wrapped), WRAPPED_LEN);
		else
			epoch->wrapped[0] = WRAP_FORMAT + 1;
		epoch->shredded = epoch->wrapped[0] == WRAP_ERASED;
	}
	value = heap_getattr(tuple, EPOCH_ROOT, desc, &isnull);
	if (!isnull)
		text_to_cstring_buffer(DatumGetTextPP(value), epoch->root, sizeof(epoch->root));
}

static int
compare_epochs(const void *a, const void *b)
{
	TimestampTz x = ((const Epoch *) a)->starts;
	TimestampTz y = ((const Epoch *) b)->starts;

	return x < y ? -1 : x > y;
}

/* repalloc() would leave the old copy in freed memory. */
static void
grow_epochs(Domain *domain, int room)
{
	Epoch	   *old = domain->epochs;

	domain->epochs = MemoryContextAllocHuge(ring.context, room * sizeof(Epoch));
	memcpy(domain->epochs, old, domain->n * sizeof(Epoch));
	OPENSSL_cleanse(old, domain->n * sizeof(Epoch));
	pfree(old);
}

static void
read_epochs(Domain *domain, int32 id)
{
	Relation	rel = table_open(ring.epoch_relid, AccessShareLock);
	int			room = 64;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	domain->epochs = MemoryContextAlloc(ring.context, room * sizeof(Epoch));
	ScanKeyInit(&key, EPOCH_DOMAIN, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(id));
	scan = systable_beginscan(rel, mobanon_relation("key_epoch_pkey"), true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (domain->n == room)
			grow_epochs(domain, room *= 2);
		epoch_from_tuple(&domain->epochs[domain->n++], tuple, RelationGetDescr(rel));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	qsort(domain->epochs, domain->n, sizeof(Epoch), compare_epochs);
}

static void
load_domain_once(const char *name, int len)
{
	Domain		domain = {0};
	int32		id;

	ring.stale = false;
	ring.domain_relid = mobanon_relation("key_domain");
	ring.epoch_relid = mobanon_relation("key_epoch");
	id = read_domain_id(name, len);
	if (id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DOMAIN),
				 errmsg("pseudonym domain \"%.*s\" does not exist", len, name),
				 errhint("Make it with mobanon.create_domain().")));
	read_epochs(&domain, id);
	domain.name = MemoryContextAlloc(ring.context, len + 1);
	memcpy(domain.name, name, len);
	domain.len = len;
	ring.domains[ring.ndomains++] = domain;
}

/*
 * Read a domain and its epochs.  What arrives while the tables are opened may
 * be about these tables: then everything is read again.  Where that never ends
 * (debug_discard_caches), what was read last counts for one call.
 */
static Domain *
load_domain(const char *name, int len)
{
	if (ring.context == NULL)
	{
		ring.context = AllocSetContextCreate(TopMemoryContext, "mobanon keyring", ALLOCSET_DEFAULT_SIZES);
		on_proc_exit(drop_at_exit, 0);
	}
	if (ring.ndomains == MAX_DOMAINS)
		drop_all();
	PG_TRY();
	{
		int			reads = 0;

		ring.busy = true;
		do
		{
			CHECK_FOR_INTERRUPTS();
			if (ring.stale)
				drop_all();
			load_domain_once(name, len);
		} while (ring.stale && ++reads < MAX_READS);
	}
	PG_CATCH();
	{
		ring.busy = false;
		drop_all();
		PG_RE_THROW();
	}
	PG_END_TRY();
	ring.busy = false;
	return &ring.domains[ring.ndomains - 1];
}

/* ---- finding a key -------------------------------------------------------- */

static Domain *
find_domain(const char *name, int len)
{
	for (int i = 0; i < ring.ndomains; i++)
	{
		if (ring.domains[i].len == len && same_bytes(ring.domains[i].name, name, len))
			return &ring.domains[i];
	}
	return load_domain(name, len);
}

static Epoch *
find_epoch(Domain *domain, TimestampTz at)
{
	int			low = 0;
	int			high = domain->n;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (domain->epochs[middle].ends <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < domain->n && domain->epochs[low].starts <= at)
		return &domain->epochs[low];
	return NULL;
}

static pg_noinline void
report_no_epoch(const Domain *domain, TimestampTz at)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_EPOCH),
			 errmsg("pseudonym domain \"%.*s\" has no key for %s",
					domain->len, domain->name, timestamptz_to_str(at)),
			 domain->n > 0 && at >= domain->epochs[domain->n - 1].ends ?
			 errhint("Make keys for later times with mobanon.extend_domain().") :
			 errhint("The domain starts later; a domain for older events is made with its own starts_at.")));
}

/* Unwrap the key of an epoch. */
static void
open_epoch(const Domain *domain, Epoch *epoch)
{
	const RootKey *root;
	uint8		key[KEY_LEN];
	HmacKey    *hmac = NULL;
	bool		unwrapped;

	if (epoch->shredded)
		ereport(ERROR,
				(errcode(ERRCODE_EPOCH_SHREDDED),
				 errmsg("the key of epoch %d of pseudonym domain \"%.*s\" was shredded",
						epoch->number, domain->len, domain->name),
				 errdetail("Its pseudonyms can never be made again."),
				 errhint("Windows of a pipeline that need it are passed over by mobanon.skip_windows().")));
	root = root_key_by_fingerprint(epoch->root);
	unwrapped = unwrap_key(root->key, domain->name, domain->len, epoch->number, epoch->wrapped, key);
	if (unwrapped)
		hmac = hmac_key_create(key, KEY_LEN);
	OPENSSL_cleanse(key, sizeof(key));
	if (!unwrapped)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_ROOT_KEY),
				 errmsg("the key of epoch %d of pseudonym domain \"%.*s\" does not unwrap",
						epoch->number, domain->len, domain->name),
				 errdetail("The root key is the right one, so the row of mobanon.key_epoch was changed or moved.")));
	if (hmac == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("OpenSSL refuses HMAC-SHA-256")));
	epoch->key = hmac;
	ring.nkeys++;
}

/*
 * The key of a domain for a time, ready for use; an error when there is none.
 * It is the caller's until the next call.
 */
HmacKey *
keyring_find(const char *domain, int domain_len, TimestampTz at)
{
	Domain	   *d;
	Epoch	   *e;

	/* Another session's shred_epoch() counts from its commit, also in mid-statement. */
	AcceptInvalidationMessages();
	if (unlikely(ring.stale))
		drop_all();

	d = ring.last_domain;
	if (d == NULL || d->len != domain_len || !same_bytes(d->name, domain, domain_len))
		d = find_domain(domain, domain_len);
	e = d == ring.last_domain ? ring.last_epoch : NULL;
	if (e == NULL || at < e->starts || at >= e->ends)
	{
		e = find_epoch(d, at);
		if (e == NULL)
			report_no_epoch(d, at);
		if (e->key == NULL)
		{
			if (ring.nkeys >= MAX_KEYS)
				drop_keys();
			open_epoch(d, e);
		}
		ring.last_domain = d;
		ring.last_epoch = e;
	}
	return e->key;
}

/* A subject is remembered no longer than the transaction that brought it. */
static void
forget_subjects(XactEvent event, void *arg)
{
	memo_reset();
}

void
keyring_init(void)
{
	RegisterXactCallback(forget_subjects, NULL);
	CacheRegisterRelcacheCallback(keyring_invalidated, (Datum) 0);
}
