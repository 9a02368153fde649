/*
 * openssl_hmac.c
 *		Nanoseconds of one HMAC-SHA-256 over 12 bytes, in the ways that OpenSSL 3
 *		offers: the floor below pseudonymize().
 */
#include <openssl/evp.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned char key[32] = {1};
static unsigned char sink;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The whole HMAC each time, as one call. */
static void
one_shot(long n)
{
	unsigned char out[32];
	char		message[16];

	for (long i = 0; i < n; i++)
	{
		snprintf(message, sizeof(message), "4915%08ld", i);
		HMAC(EVP_sha256(), key, 32, (unsigned char *) message, 12, out, NULL);
		sink ^= out[0];
	}
}

/* EVP_MAC, keyed once, started again for each message. */
static void
evp_mac(long n)
{
	EVP_MAC    *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	char		digest[] = "SHA256";
	OSSL_PARAM	params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
	unsigned char out[32];
	char		message[16];
	size_t		len;

	EVP_MAC_init(ctx, key, 32, params);
	for (long i = 0; i < n; i++)
	{
		snprintf(message, sizeof(message), "4915%08ld", i);
		EVP_MAC_init(ctx, NULL, 0, NULL);
		EVP_MAC_update(ctx, (unsigned char *) message, 12);
		EVP_MAC_final(ctx, out, &len, sizeof(out));
		sink ^= out[0];
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

/* Both keyed states copied for each message: what hmac.c does. */
static void
copied_states(long n)
{
	EVP_MD	   *sha = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	EVP_MD_CTX *state[2] = {EVP_MD_CTX_new(), EVP_MD_CTX_new()};
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	unsigned char pad[2] = {0x36, 0x5c};
	unsigned char out[32];
	char		message[16];

	for (int s = 0; s < 2; s++)
	{
		unsigned char block[64];

		memset(block, pad[s], 64);
		for (int i = 0; i < 32; i++)
			block[i] ^= key[i];
		EVP_DigestInit_ex2(state[s], sha, NULL);
		EVP_DigestUpdate(state[s], block, 64);
	}
	for (long i = 0; i < n; i++)
	{
		snprintf(message, sizeof(message), "4915%08ld", i);
		EVP_MD_CTX_copy_ex(work, state[0]);
		EVP_DigestUpdate(work, message, 12);
		EVP_DigestFinal_ex(work, out, NULL);
		EVP_MD_CTX_copy_ex(work, state[1]);
		EVP_DigestUpdate(work, out, 32);
		EVP_DigestFinal_ex(work, out, NULL);
		sink ^= out[0];
	}
	EVP_MD_CTX_free(state[0]);
	EVP_MD_CTX_free(state[1]);
	EVP_MD_CTX_free(work);
	EVP_MD_free(sha);
}

/* Nothing but making the message. */
static void
nothing(long n)
{
	char		message[16];

	for (long i = 0; i < n; i++)
	{
		snprintf(message, sizeof(message), "4915%08ld", i);
		sink ^= message[11];
	}
}

int
main(int argc, char **argv)
{
	long		n = argc > 1 ? atol(argv[1]) : 1000000;
	struct
	{
		const char *name;
		void		(*run) (long);
		double		best;
	}			way[] = {{"message only", nothing, 0}, {"copied states", copied_states, 0},
	{"EVP_MAC, started again", evp_mac, 0}, {"HMAC(), one call", one_shot, 0}};

	for (int round = 0; round < 5; round++)
	{
		for (int w = 0; w < 4; w++)
		{
			double		start = now();

			way[w].run(n);
			start = (now() - start) / n;
			if (round == 0 || start < way[w].best)
				way[w].best = start;
		}
	}
	printf("| OpenSSL alone, %s | ns per HMAC |\n| --- | ---: |\n", OPENSSL_VERSION_TEXT);
	for (int w = 1; w < 4; w++)
		printf("| %s | %.0f |\n", way[w].name, way[w].best - way[0].best);
	return sink == 0 ? 0 : 0;
}
