/*
 * catalog.c
 *		Our own relations by name.
 */
#include "mobanon.h"

#include "catalog/namespace.h"
#include "utils/lsyscache.h"

/* A table or index of the extension; an error where it is not installed. */
Oid
mobanon_relation(const char *name)
{
	Oid			relid = get_relname_relid(name, get_namespace_oid(MOBANON_SCHEMA, false));

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" does not exist", MOBANON_SCHEMA, name),
				 errhint("CREATE EXTENSION mobanon in this database.")));
	return relid;
}
