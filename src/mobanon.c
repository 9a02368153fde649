/*
 * mobanon.c
 *		The module: magic block and initialisation of the rooms.
 */
#include "mobanon.h"

#include "utils/guc.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	consent_init();
	pseudonym_init();
	kanon_init();
	release_init();

	/* A misspelt mobanon.* setting is an error, not a silent placeholder. */
	MarkGUCPrefixReserved("mobanon");
}
