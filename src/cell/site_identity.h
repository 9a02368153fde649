/*
 * site_identity.h
 *		The identity of a radio cell in one text form.  Pure, no Datum.
 *
 *		cgi:MCC-MNC-LAC-CI		GSM: location area and cell, 16 bits each
 *		utran:MCC-MNC-LAC-UCID	UMTS: RNC and cell together, 28 bits
 *		ecgi:MCC-MNC-ECI		LTE: eNB (20 bits) and cell (8)
 *		ncgi:MCC-MNC-NCI		NR: gNB (22 to 32 bits) and cell (the rest), 36 bits
 *
 * (3GPP TS 23.003, clauses 4.3.1, 19.6, 19.6A.)  The kind is always written: the
 * numbers do not tell it.  MCC and MNC are digits, not numbers: 03 is not 003.
 */
#ifndef MOBANON_SITE_IDENTITY_H
#define MOBANON_SITE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SiteKind
{
	SITE_CGI,
	SITE_UTRAN,
	SITE_ECGI,
	SITE_NCGI
} SiteKind;

typedef struct SiteIdentity
{
	SiteKind	kind;
	char		mcc[4];
	char		mnc[4];
	int64_t		area;			/* LAC; unused for ECGI and NCGI */
	int64_t		cell;
} SiteIdentity;

typedef struct SiteParseError
{
	int			position;		/* of the byte that does not fit, from 1 */
	const char *detail;			/* a sentence */
} SiteParseError;

#define SITE_TEXT_LEN 48

extern bool site_kind_of_radio(const char *radio, size_t len, SiteKind *kind);
extern bool site_identity_check(const SiteIdentity *identity, const char **detail);
extern bool site_identity_parse(const char *text, size_t len, SiteIdentity *identity,
								SiteParseError *error);
extern int	site_identity_format(const SiteIdentity *identity, char buffer[SITE_TEXT_LEN]);

#endif							/* MOBANON_SITE_IDENTITY_H */
