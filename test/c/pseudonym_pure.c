/*
 * pseudonym_pure.c
 *		The room's algorithms that know no Datum, alone, under AddressSanitizer and
 *		UndefinedBehaviorSanitizer: test/t/pseudonym_pure.sh.  Prints TAP.
 */
#include "pseudonym/pseudonym.h"

#include "pseudonym/msisdn.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

static int	tests = 0;
static uint64 seed = 42;

static void
is_true(bool ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tests, name);
}

/* splitmix64: the same on every run. */
static uint64
next_random(void)
{
	uint64		z = (seed += UINT64CONST(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Strings of what numbers are written with, and of anything: no result but digits. */
static void
fuzz_msisdn(long n)
{
	static const char alphabet[] = "00001234567899+()-/. +49(0)";
	static const char *const countries[] = {NULL, "DE", "IT", "US", "LU", "HU", "RU", "AU", "JP", "AD"};
	long		read = 0;
	long		wrong = 0;
	long		again = 0;

	for (long i = 0; i < n; i++)
	{
		int			len = next_random() % 34;
		char	   *text = malloc(len + 1); /* exactly so long, for the sanitizer */
		char		digits[E164_MAX + 1];
		char		twice[E164_MAX + 3];
		char		result[E164_MAX + 1];
		const char *country = countries[next_random() % lengthof(countries)];
		const NumberingPlan *plan = country == NULL ? NULL : plan_of_country(country, 2);
		char	   *exact;

		for (int j = 0; j < len; j++)
			text[j] = i % 8 == 0 ? (char) next_random() : alphabet[next_random() % (sizeof(alphabet) - 1)];
		exact = malloc(len > 0 ? len : 1);
		memcpy(exact, text, len);
		if (msisdn_normalize(exact, len, plan, digits) == MSISDN_OK)
		{
			size_t		out = strlen(digits);

			read++;
			if (out < E164_MIN || out > E164_MAX || strspn(digits, "0123456789") != out ||
				digits[0] == '0' || country_code_length(digits) == 0)
				wrong++;
			/* what comes out is a number, and itself */
			snprintf(twice, sizeof(twice), "+%s", digits);
			if (msisdn_normalize(twice, strlen(twice), NULL, result) != MSISDN_OK || strcmp(result, digits) != 0)
				again++;
		}
		free(exact);
		free(text);
	}
	printf("# %ld of %ld random strings are read as numbers\n", read, n);
	is_true(read > n / 1000, "random strings: some are numbers");
	is_true(wrong == 0, "what is read is 7 to 15 digits with a country code");
	is_true(again == 0, "and reads as itself");
}

/* Whatever is wrong with a wrapped key, it does not open. */
static void
fuzz_wrap(int n)
{
	uint8		root[KEY_LEN];
	uint8		key[KEY_LEN];
	uint8		opened[KEY_LEN];
	uint8		wrapped[WRAPPED_LEN];
	uint8		second[WRAPPED_LEN];
	bool		round_trip = true;
	bool		fresh = true;
	bool		refused = true;

	for (int i = 0; i < n; i++)
	{
		char		domain[64];
		int			len = next_random() % 64;
		int			bit = next_random() % (8 * WRAPPED_LEN);

		RAND_bytes(root, KEY_LEN);
		RAND_bytes(key, KEY_LEN);
		for (int j = 0; j < len; j++)
			domain[j] = (char) next_random();
		round_trip &= wrap_key(root, domain, len, i, key, wrapped) &&
			unwrap_key(root, domain, len, i, wrapped, opened) && memcmp(key, opened, KEY_LEN) == 0;
		fresh &= wrap_key(root, domain, len, i, key, second) &&
			memcmp(wrapped + 1, second + 1, WRAP_NONCE_LEN) != 0;
		refused &= !unwrap_key(root, domain, len, i + 1, wrapped, opened);
		if (len > 0)
			refused &= !unwrap_key(root, domain, len - 1, i, wrapped, opened);
		wrapped[bit / 8] ^= 1 << bit % 8;
		refused &= !unwrap_key(root, domain, len, i, wrapped, opened);
		wrapped[bit / 8] ^= 1 << bit % 8;
		root[bit % KEY_LEN] ^= 1;
		refused &= !unwrap_key(root, domain, len, i, wrapped, opened);
	}
	is_true(round_trip, "wrapped and unwrapped, a key is itself");
	is_true(fresh, "a nonce is drawn each time");
	is_true(refused, "another root key, domain, epoch or bit: it does not open");
	memset(wrapped, 0, sizeof(wrapped));
	is_true(!unwrap_key(root, "d", 1, 1, wrapped, opened), "an erased key does not open");
}

/* Keys and messages of every length around the block, against OpenSSL's own HMAC. */
static void
compare_hmac(void)
{
	uint8		key[200];
	uint8		message[200];
	bool		same = true;

	RAND_bytes(key, sizeof(key));
	RAND_bytes(message, sizeof(message));
	for (int k = 1; k <= 200; k += 3)
	{
		HmacKey    *hmac = hmac_key_create(key, k);

		for (int m = 0; m <= 200; m++)
		{
			uint8		ours[HMAC_LEN];
			uint8		theirs[EVP_MAX_MD_SIZE];
			size_t		len;

			same &= hmac != NULL && hmac_compute(hmac, message, m, ours) &&
				EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, k, message, m, theirs, sizeof(theirs), &len) != NULL &&
				len == HMAC_LEN && memcmp(ours, theirs, HMAC_LEN) == 0;
		}
		hmac_key_free(hmac);
	}
	is_true(same, "HMAC of keys and messages of 0 to 200 bytes, as OpenSSL makes it");
}

int
main(int argc, char **argv)
{
	fuzz_msisdn(argc > 1 ? atol(argv[1]) : 300000);
	fuzz_wrap(2000);
	compare_hmac();
	printf("1..%d\n", tests);
	return 0;
}
