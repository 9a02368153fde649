/*
 * msisdn_plan.c
 *		Country codes (ITU-T E.164, list of assigned codes) and the way
 *		countries write national numbers (ITU-T E.129 and the regulators' plans).
 *
 * normalize_msisdn() is IMMUTABLE: a changed line here changes pseudonyms, so
 * it is for a new version and its notes, not for a patch.
 */
#include "msisdn.h"

/* Three digits are assigned as a whole where nothing shorter is. */
static const char *const short_codes[] = {
	"1", "7",
	"20", "27",
	"30", "31", "32", "33", "34", "36", "39",
	"40", "41", "43", "44", "45", "46", "47", "48", "49",
	"51", "52", "53", "54", "55", "56", "57", "58",
	"60", "61", "62", "63", "64", "65", "66",
	"81", "82", "84", "86",
	"90", "91", "92", "93", "94", "95", "98"
};

/* Assigned three-digit codes, as the last digits below each pair. */
static const struct
{
	char		pair[3];
	const char *last;
}			long_codes[] = {
	{"21", "12368"}, {"22", "0123456789"}, {"23", "0123456789"}, {"24", "0123456789"},
	{"25", "012345678"}, {"26", "0123456789"}, {"29", "01789"},
	{"35", "0123456789"}, {"37", "0123456789"}, {"38", "01235679"},
	{"42", "013"},
	{"50", "0123456789"}, {"59", "0123456789"},
	{"67", "023456789"}, {"68", "012356789"}, {"69", "012"},
	{"80", "08"}, {"85", "02356"}, {"87", "08"}, {"88", "012368"},
	{"96", "012345678"}, {"97", "012345679"}, {"99", "234568"}
};

static const NumberingPlan plans[] = {
	/* country, code, trunk, international, min, max, bare, zero */
	{"AD", "376", "", "00", 6, 9, true, false},
	{"AL", "355", "0", "00", 8, 9, false, false},
	{"AT", "43", "0", "00", 4, 13, false, false},
	{"AU", "61", "0", "0011", 9, 9, false, false},
	{"BA", "387", "0", "00", 8, 9, false, false},
	{"BE", "32", "0", "00", 8, 9, false, false},
	{"BG", "359", "0", "00", 6, 9, false, false},
	{"CH", "41", "0", "00", 9, 9, false, false},
	{"CY", "357", "", "00", 8, 8, true, false},
	{"CZ", "420", "", "00", 9, 9, true, false},
	{"DE", "49", "0", "00", 5, 13, false, false},
	{"DK", "45", "", "00", 8, 8, true, false},
	{"EE", "372", "", "00", 7, 8, true, false},
	{"ES", "34", "", "00", 9, 9, true, false},
	{"FI", "358", "0", "00", 5, 10, false, false},
	{"FR", "33", "0", "00", 9, 9, false, false},
	{"GB", "44", "0", "00", 9, 10, false, false},
	{"GR", "30", "", "00", 10, 10, true, false},
	{"HR", "385", "0", "00", 8, 9, false, false},
	{"HU", "36", "06", "00", 8, 9, false, false},
	{"IE", "353", "0", "00", 7, 10, false, false},
	{"IL", "972", "0", "00", 8, 9, false, false},
	{"IN", "91", "0", "00", 10, 10, false, false},
	{"IS", "354", "", "00", 7, 9, true, false},
	{"IT", "39", "", "00", 6, 11, true, true},
	{"JP", "81", "0", "010", 9, 10, false, false},
	{"LI", "423", "", "00", 7, 9, true, false},
	{"LT", "370", "0", "00", 8, 8, false, false},
	{"LU", "352", "", "00", 5, 11, true, false},
	{"LV", "371", "", "00", 8, 8, true, false},
	{"MC", "377", "0", "00", 8, 9, true, false},
	{"MD", "373", "0", "00", 8, 8, false, false},
	{"ME", "382", "0", "00", 8, 8, false, false},
	{"MK", "389", "0", "00", 8, 8, false, false},
	{"MT", "356", "", "00", 8, 8, true, false},
	{"NL", "31", "0", "00", 9, 11, false, false},
	{"NO", "47", "", "00", 8, 8, true, false},
	{"NZ", "64", "0", "00", 8, 10, false, false},
	{"PL", "48", "", "00", 9, 9, true, false},
	{"PT", "351", "", "00", 9, 9, true, false},
	{"RO", "40", "0", "00", 9, 9, false, false},
	{"RS", "381", "0", "00", 7, 12, false, false},
	{"RU", "7", "8", "810", 10, 10, false, false},
	{"SE", "46", "0", "00", 7, 9, false, false},
	{"SI", "386", "0", "00", 8, 8, false, false},
	{"SK", "421", "0", "00", 9, 9, false, false},
	{"SM", "378", "", "00", 8, 10, true, true},
	{"TR", "90", "0", "00", 10, 10, false, false},
	{"UA", "380", "0", "00", 9, 9, false, false},
	{"XK", "383", "0", "00", 8, 9, false, false},
	{"ZA", "27", "0", "00", 9, 9, false, false},
	/* one plan, and the trunk prefix is the country code */
	{"CA", "1", "1", "011", 10, 10, true, false},
	{"US", "1", "1", "011", 10, 10, true, false}
};

/* Country codes without a plan above whose national numbers may begin with 0. */
static const char *const zero_codes[] = {"225", "241", "242"};

/* The plan of an ISO 3166-1 alpha-2 code, in either case; NULL if none is known. */
const NumberingPlan *
plan_of_country(const char *country, int len)
{
	if (len != 2)
		return NULL;
	for (int i = 0; i < lengthof(plans); i++)
	{
		if (pg_ascii_toupper(country[0]) == plans[i].country[0] &&
			pg_ascii_toupper(country[1]) == plans[i].country[1])
			return &plans[i];
	}
	return NULL;
}

/* The plan of the country code that the digits begin with; NULL if none is known. */
const NumberingPlan *
plan_of_code(const char *digits)
{
	static const NumberingPlan zero_plan = {"", "", "", "", 4, 12, false, true};
	int			len = country_code_length(digits);

	for (int i = 0; i < lengthof(plans); i++)
	{
		if (strlen(plans[i].code) == len && strncmp(plans[i].code, digits, len) == 0)
			return &plans[i];
	}
	for (int i = 0; i < lengthof(zero_codes); i++)
	{
		if (strncmp(zero_codes[i], digits, 3) == 0)
			return &zero_plan;
	}
	return NULL;
}

/* How many of the digits are the country code; 0 if they begin with none. */
int
country_code_length(const char *digits)
{
	for (int i = 0; i < lengthof(short_codes); i++)
	{
		int			len = strlen(short_codes[i]);

		if (strncmp(digits, short_codes[i], len) == 0)
			return len;
	}
	for (int i = 0; i < lengthof(long_codes); i++)
	{
		if (strncmp(digits, long_codes[i].pair, 2) == 0)
			return digits[2] != '\0' && strchr(long_codes[i].last, digits[2]) != NULL ? 3 : 0;
	}
	return 0;
}
