/*
 * root_key.c
 *		The root key: read from outside the database, held for one transaction.
 *
 * It comes from the file mobanon.root_key_file, from what the program
 * mobanon.root_key_command prints or, when neither is set, from the file that
 * the symbolic link mobanon_root.key in the data directory points to.
 *
 * The settings count only when the library is in shared_preload_libraries:
 * without it they are placeholders that every role can read until the library
 * is loaded.  The link works either way.  It has to be a link, and no file
 * may lie in the data directory, since base backups and replicas copy that
 * directory: they copy no links and nothing that is outside.
 */
#include "pseudonym.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#define DEFAULT_LINK "mobanon_root.key"
#define HEX_LEN (2 * KEY_LEN)
#define TEXT_LEN (HEX_LEN + 3)	/* room for an end of line, and to see more */

typedef struct RootKeySource
{
	const char *file_setting;
	const char *command_setting;
	char	   *file;
	char	   *command;
	bool		known;			/* key was read in this transaction */
	RootKey		root;
} RootKeySource;

static RootKeySource current = {"mobanon.root_key_file", "mobanon.root_key_command"};
static RootKeySource previous = {"mobanon.previous_root_key_file", "mobanon.previous_root_key_command"};
static bool preloaded = false;

static void
forget(RootKeySource *source)
{
	source->known = false;
	OPENSSL_cleanse(&source->root, sizeof(RootKey));
}

/* A parallel worker ends by its own commit or abort, and passes here too. */
static void
forget_at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
		case XACT_EVENT_PREPARE:
			forget(&current);
			forget(&previous);
			break;
		default:
			break;
	}
}

static void
forget_at_exit(int code, Datum arg)
{
	forget(&current);
	forget(&previous);
}

/*
 * 64 hexadecimal digits, then nothing but an end of line.  What was found is
 * never shown; the text is cleansed, whatever it was.
 */
static void
parse_root_key(RootKeySource *source, char text[TEXT_LEN], size_t len, const char *where)
{
	uint8		key[KEY_LEN] = {0};
	bool		ok;
	size_t		digits = 0;
	HmacKey    *hmac;
	uint8		digest[HMAC_LEN];

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	for (ok = len == HEX_LEN; ok && digits < HEX_LEN; digits++)
	{
		char		c = text[digits];
		int			v = c >= '0' && c <= '9' ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		ok = v >= 0;
		if (ok)
			key[digits / 2] = digits % 2 ? key[digits / 2] | v : v << 4;
	}
	OPENSSL_cleanse(text, TEXT_LEN);
	if (!ok)
	{
		OPENSSL_cleanse(key, sizeof(key));
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("%s does not give a root key", where),
				 errdetail("A root key is %d hexadecimal digits and nothing else.", HEX_LEN),
				 errhint("A new key is made with: openssl rand -hex %d", KEY_LEN)));
	}
	hmac = hmac_key_create(key, KEY_LEN);
	ok = hmac != NULL && hmac_compute(hmac, "mobanon root key", 16, digest);
	hmac_key_free(hmac);
	if (ok)
	{
		memcpy(source->root.key, key, KEY_LEN);
		for (int i = 0; i < FINGERPRINT_LEN / 2; i++)
			snprintf(source->root.fingerprint + 2 * i, 3, "%02x", digest[i]);
		source->known = true;
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(digest, sizeof(digest));
	if (!ok)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("OpenSSL refuses HMAC-SHA-256")));
}

/* The rules of ssl_key_file, on the open file, so that it cannot be swapped. */
static void
check_root_key_file(int fd, const char *file)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("could not examine root key file \"%s\": %m", file)));
	if (!S_ISREG(st.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("root key file \"%s\" is not a regular file", file)));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("root key file \"%s\" must be owned by the database user or root", file)));
	if ((st.st_uid == geteuid() && st.st_mode & (S_IRWXG | S_IRWXO)) ||
		(st.st_uid == 0 && st.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)))
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("root key file \"%s\" has group or world access", file),
				 errdetail("File must have permissions u=rw (0600) or less if owned by the database user, or permissions u=rw,g=r (0640) or less if owned by root.")));
}

/* A key inside the data directory would travel with every base backup. */
static void
check_outside_data_directory(const char *file)
{
	char	   *real = realpath(file, NULL);
	char	   *data = realpath(DataDir, NULL);
	size_t		len = data == NULL ? 0 : strlen(data);
	bool		inside;

	/* When either does not resolve, opening the file will say why. */
	inside = real != NULL && data != NULL && strncmp(real, data, len) == 0 && real[len] == '/';
	free(real);
	free(data);
	if (inside)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("root key file \"%s\" is in the data directory", file),
				 errdetail("Base backups and replicas copy the data directory, and would copy the key with it."),
				 errhint("Move the key outside; \"%s\" may be a symbolic link to it.", DEFAULT_LINK)));
}

static void
read_root_key_file(RootKeySource *source, const char *file, bool is_default)
{
	char		text[TEXT_LEN];
	ssize_t		len;
	int			fd;
	int			read_errno;

	check_outside_data_directory(file);
	fd = OpenTransientFile(file, O_RDONLY | PG_BINARY | O_NONBLOCK);
	if (fd < 0)
	{
		if (errno == ENOENT && is_default)
			ereport(ERROR,
					(errcode(ERRCODE_NO_ROOT_KEY),
					 errmsg("no root key"),
					 errhint("Set mobanon.root_key_file or mobanon.root_key_command in postgresql.conf, or make \"%s\" in the data directory a symbolic link to the key's file.", DEFAULT_LINK)));
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("could not open root key file \"%s\": %m", file)));
	}
	check_root_key_file(fd, file);
	len = read(fd, text, sizeof(text));
	read_errno = errno;
	CloseTransientFile(fd);
	errno = read_errno;
	if (len < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("could not read root key file \"%s\": %m", file)));
	parse_root_key(source, text, len, psprintf("root key file \"%s\"", file));
}

/*
 * Run the command as ssl_passphrase_command is run; its standard error goes to
 * the server's log, its standard output is the key.  Unbuffered, so that no
 * copy stays in the C library's buffers.  The command is not shown in errors:
 * it may hold a token.  Cancelling the query ends the command, too: PostgreSQL
 * signals the process group.
 */
static void
run_root_key_command(RootKeySource *source)
{
	char		text[TEXT_LEN];
	size_t		len = 0;
	int			c;
	FILE	   *pipe;
	int			status;

	pipe = OpenPipeStream(source->command, "r");
	if (pipe == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("could not run %s: %m", source->command_setting)));
	setvbuf(pipe, NULL, _IONBF, 0);
	while (len < sizeof(text) && (c = getc(pipe)) != EOF)
		text[len++] = c;
	status = ClosePipeStream(pipe);
	if (status != 0)
	{
		OPENSSL_cleanse(text, sizeof(text));
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("%s failed", source->command_setting),
				 errdetail_internal("%s", status == -1 ? "The command's status was lost." : wait_result_to_str(status)),
				 errhint("The server's log shows what the command wrote to standard error.")));
	}
	parse_root_key(source, text, len, source->command_setting);
}

static bool
is_set(const char *setting)
{
	return setting != NULL && setting[0] != '\0';
}

/* The key of a source, read at most once per transaction; NULL if none is set. */
static const RootKey *
root_key_of(RootKeySource *source)
{
	static bool registered = false;
	bool		file = is_set(source->file);
	bool		command = is_set(source->command);

	if (source->known)
		return &source->root;
	if (!registered)
		on_proc_exit(forget_at_exit, 0);
	registered = true;
	if ((file || command) && !preloaded)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("%s is set, but mobanon is not in shared_preload_libraries",
						file ? source->file_setting : source->command_setting),
				 errdetail("Without preloading, every role can read the setting."),
				 errhint("Add mobanon to shared_preload_libraries, or remove the setting and make \"%s\" in the data directory a symbolic link to the key's file.", DEFAULT_LINK)));
	if (file && command)
		ereport(ERROR,
				(errcode(ERRCODE_NO_ROOT_KEY),
				 errmsg("both %s and %s are set", source->file_setting, source->command_setting),
				 errhint("Set one of them.")));
	if (file)
		read_root_key_file(source, source->file, false);
	else if (command)
		run_root_key_command(source);
	else if (source == &current)
		read_root_key_file(source, psprintf("%s/%s", DataDir, DEFAULT_LINK), true);
	else
		return NULL;
	return &source->root;
}

/* The root key of this server; an error when there is none. */
const RootKey *
root_key_current(void)
{
	return root_key_of(&current);
}

/* The root key that keys are being moved away from (rewrap_keys), or NULL. */
const RootKey *
root_key_previous(void)
{
	return root_key_of(&previous);
}

/* The root key with this fingerprint; an error when this server has another. */
const RootKey *
root_key_by_fingerprint(const char *fingerprint)
{
	const RootKey *root = root_key_current();

	if (strcmp(root->fingerprint, fingerprint) == 0)
		return root;
	root = root_key_previous();
	if (root != NULL && strcmp(root->fingerprint, fingerprint) == 0)
		return root;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_ROOT_KEY),
			 errmsg("the root key of this server is not the one that wrapped the keyring"),
			 errdetail("The keyring needs the root key with fingerprint %s; this server's is %s.",
					   fingerprint, root_key_current()->fingerprint),
			 errhint("Give the server that root key, or name it in mobanon.previous_root_key_file and call mobanon.rewrap_keys().")));
}

/*
 * In postgresql.conf only, and shown to superusers only: ALTER SYSTEM would put
 * the command into the data directory, and so into every base backup.
 */
static void
define_setting(const char *name, const char *description, char **variable)
{
	DefineCustomStringVariable(name, description, NULL, variable, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY | GUC_DISALLOW_IN_AUTO_FILE,
							   NULL, NULL, NULL);
}

void
root_key_init(void)
{
	preloaded = process_shared_preload_libraries_in_progress;

	define_setting(current.file_setting,
				   "File with the root key of the keyring: 64 hexadecimal digits, readable by the database user only.",
				   &current.file);
	define_setting(current.command_setting,
				   "Command that prints the root key of the keyring.",
				   &current.command);
	define_setting(previous.file_setting,
				   "File with the former root key, while mobanon.rewrap_keys() moves the keyring to a new one.",
				   &previous.file);
	define_setting(previous.command_setting,
				   "Command that prints the former root key, while mobanon.rewrap_keys() moves the keyring to a new one.",
				   &previous.command);

	RegisterXactCallback(forget_at_transaction_end, NULL);
}
