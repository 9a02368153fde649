/*
 * msisdn.h
 *		Telephone numbers in one canonical form (ITU-T E.164).
 *
 * msisdn.c reads what people and networks write; msisdn_plan.c knows the
 * countries.  Both know no Datum and raise no error.
 */
#ifndef MOBANON_MSISDN_H
#define MOBANON_MSISDN_H

#include "mobanon.h"

#define E164_MIN 7				/* digits, with the country code */
#define E164_MAX 15

/* How a country writes its numbers. */
typedef struct NumberingPlan
{
	char		country[3];		/* ISO 3166-1 alpha-2 */
	const char *code;			/* country code */
	const char *trunk;			/* before a national number; "" if there is none */
	const char *international;	/* before a country code */
	int			min;			/* digits of a national (significant) number */
	int			max;
	bool		bare;			/* a national number may stand without trunk prefix */
	bool		zero;			/* a national number may begin with 0 */
} NumberingPlan;

extern const NumberingPlan *plan_of_country(const char *country, int len);
extern const NumberingPlan *plan_of_code(const char *digits);
extern int country_code_length(const char *digits);

typedef enum MsisdnResult
{
	MSISDN_OK,
	MSISDN_CHARACTER,			/* contains something else than digits and separators */
	MSISDN_LENGTH,				/* too short or too long */
	MSISDN_NO_COUNTRY_CODE,		/* begins with no country code that is assigned */
	MSISDN_NO_COUNTRY,			/* national form, and no default country */
	MSISDN_FORM,				/* neither form that the default country writes */
	MSISDN_ZERO,				/* a 0 that may or may not belong to the number */
	MSISDN_TWO_READINGS			/* national and international at once */
} MsisdnResult;

extern MsisdnResult msisdn_normalize(const char *text, int len, const NumberingPlan *country,
									 char digits[E164_MAX + 1]);

#endif							/* MOBANON_MSISDN_H */
