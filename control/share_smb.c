/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_smb.h"

#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One answer of the server. Shorter than answer_timeout_s is by default, so that the reason is told and not only a
 * time-out. */
#define ANSWER_TIMEOUT_MS 10000
/* Every octet of a share's name, a folder and a file's name (255 UTF-16 units) escaped. */
#define URL_SIZE (sizeof("smb://") + sizeof(struct smb_url) * 3 + 765 * 3)
/* [MS-FSCC] section 2.6 */
#define ATTRIBUTE_DIRECTORY     0x10
#define ATTRIBUTE_REPARSE_POINT 0x400

struct smb {
	struct share share;
	struct smb_url url;
	struct smb_url_user user;
	char password[SMB_URL_MAX_CREDENTIAL_LEN + 1];
	SMBCCTX *context; /* NULL: not connected */
};

/* --- connection -----------------------------------------------------------------------------------------------------
 */

static void give_credentials(SMBCCTX *context, const char *server, const char *share, char *domain, int domain_size,
	char *user, int user_size, char *password, int password_size)
{
	const struct smb *smb = smbc_getOptionUserData(context);
	(void)server;
	(void)share;
	if (smb->user.domain[0] != '\0')
		snprintf(domain, (size_t)domain_size, "%s", smb->user.domain);
	snprintf(user, (size_t)user_size, "%s", smb->user.name);
	snprintf(password, (size_t)password_size, "%s", smb->password);
}

/* Its errors are returned as errno, and its other words are nothing for our log. */
static void drop_log(void *private, int level, const char *message)
{
	(void)private;
	(void)level;
	(void)message;
}

static void set_options(SMBCCTX *context, struct smb *smb)
{
	smbc_setLogCallback(context, NULL, drop_log);
	smbc_setDebug(context, 0);
	smbc_setTimeout(context, ANSWER_TIMEOUT_MS);
	smbc_setPort(context, smb->url.port);
	smbc_setOptionUserData(context, smb);
	smbc_setFunctionAuthDataWithContext(context, give_credentials);
	/* A guest might see another share than the user who was refused: an empty one. */
	smbc_setOptionNoAutoAnonymousLogin(context, 1);
	smbc_setOptionUseKerberos(context, 0);
	/* Private keys of .pem files are plain: encrypted where the server can. Anonymous sessions have no key for it.
	 */
	smbc_setOptionSmbEncryptionLevel(
		context, smb->user.name[0] != '\0' ? SMBC_ENCRYPTLEVEL_REQUEST : SMBC_ENCRYPTLEVEL_DEFAULT);
}

static int connect_context(struct smb *smb)
{
	if (smb->context != NULL)
		return 0;
	SMBCCTX *context = smbc_new_context();
	if (context == NULL)
		return -ENOMEM;
	set_options(context, smb);
	/* SMB 1 signs weakly and encrypts nothing. */
	if (smbc_init_context(context) == NULL || !smbc_setOptionProtocols(context, "SMB2_02", "SMB3_11")) {
		smbc_free_context(context, 1);
		return -EIO;
	}
	smb->context = context;
	return 0;
}

static void disconnect(struct smb *smb)
{
	if (smb->context != NULL)
		smbc_free_context(smb->context, 1);
	smb->context = NULL;
}

/* libsmbclient has errors of its own beyond the system's, and none at times. */
static int error_now(void)
{
	return errno > 0 && strerrorname_np(errno) != NULL ? -errno : -EIO;
}

/* --- URLs -----------------------------------------------------------------------------------------------------------
 */

static size_t append_escaped(char *out, size_t at, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/";
	for (; *text != '\0' && at + 4 <= URL_SIZE; text++) {
		if (strchr(plain, *text) != NULL)
			out[at++] = *text;
		else
			at += (size_t)snprintf(out + at, 4, "%%%02X", (unsigned)(unsigned char)*text);
	}
	out[at] = '\0';
	return at;
}

/* The folder, or one of its files; an empty folder and name leave the top of the share. */
static void format_url(const struct smb *smb, const char *folder, const char *name, char out[URL_SIZE])
{
	size_t at = (size_t)snprintf(out, URL_SIZE, "smb://%s/", smb->url.server);
	const char *parts[] = {smb->url.share, folder, name};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i][0] == '\0')
			continue;
		at = append_escaped(out, at, i > 0 ? "/" : "");
		at = append_escaped(out, at, parts[i]);
	}
}

/* --- listing --------------------------------------------------------------------------------------------------------
 */

static SMBCFILE *open_folder(struct smb *smb, const char *folder)
{
	char url[URL_SIZE];
	format_url(smb, folder, "", url);
	errno = 0;
	return smbc_getFunctionOpendir(smb->context)(smb->context, url);
}

/* Why the folder cannot be opened: the server's answer does not say whether the share or the folder is missing. */
static int folder_error(struct smb *smb, int error)
{
	if (error == -EINVAL) /* the server's name has no address */
		return -EHOSTUNREACH;
	if (error != -ENOENT)
		return error;
	SMBCFILE *top = smb->url.folder[0] != '\0' ? open_folder(smb, "") : NULL;
	if (top == NULL)
		return -ENODEV;
	smbc_getFunctionClosedir(smb->context)(smb->context, top);
	return -ENOENT;
}

static struct share_stamp stamp_of(const struct stat *status)
{
	return (struct share_stamp){
		.size_bytes = (uint64_t)status->st_size,
		.mtime_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
		.inode = status->st_ino,
	};
}

static enum share_kind kind_of(const struct libsmb_file_info *info)
{
	if ((info->attrs & ATTRIBUTE_REPARSE_POINT) != 0)
		return SHARE_LINK;
	return (info->attrs & ATTRIBUTE_DIRECTORY) != 0 ? SHARE_DIRECTORY : SHARE_REGULAR;
}

static int list_connected(struct smb *smb, void (*visit)(void *, const struct share_entry *), void *context)
{
	SMBCFILE *folder = open_folder(smb, smb->url.folder);
	if (folder == NULL)
		return folder_error(smb, error_now());
	/* It was fetched whole when it was opened: from here on there is nothing that could fail. */
	smbc_readdirplus2_fn next = smbc_getFunctionReaddirPlus2(smb->context);
	const struct libsmb_file_info *info;
	struct stat status;
	while ((info = next(smb->context, folder, &status)) != NULL) {
		if (strcmp(info->name, ".") == 0 || strcmp(info->name, "..") == 0)
			continue;
		struct share_entry entry = {.name = info->name, .kind = kind_of(info), .stamp = stamp_of(&status)};
		visit(context, &entry);
	}
	smbc_getFunctionClosedir(smb->context)(smb->context, folder);
	return 0;
}

static int list(struct share *share, void (*visit)(void *context, const struct share_entry *entry), void *context)
{
	struct smb *smb = (struct smb *)share;
	disconnect(smb);
	int error = connect_context(smb);
	if (error == 0)
		error = list_connected(smb, visit, context);
	disconnect(smb);
	return error;
}

/* --- reading --------------------------------------------------------------------------------------------------------
 */

static int read_to_end(struct smb *smb, SMBCFILE *file, uint8_t *data, size_t size, size_t *out_len)
{
	size_t len = 0;
	while (len < size) {
		ssize_t n = smbc_getFunctionRead(smb->context)(smb->context, file, data + len, size - len);
		if (n < 0)
			return error_now();
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*out_len = len;
	return 0;
}

static int get_status(struct smb *smb, SMBCFILE *file, struct stat *out_status)
{
	return smbc_getFunctionFstat(smb->context)(smb->context, file, out_status) == 0 ? 0 : error_now();
}

static int read_unchanged(
	struct smb *smb, SMBCFILE *file, const struct stat *before, uint8_t *data, struct share_content *out_content)
{
	struct stat after;
	int error = read_to_end(smb, file, data, (size_t)before->st_size + 1, &out_content->len);
	if (error == 0)
		error = get_status(smb, file, &after);
	if (error != 0)
		return error;
	struct share_stamp old = stamp_of(before);
	out_content->stamp = stamp_of(&after);
	bool same = share_stamp_equal(&old, &out_content->stamp) && out_content->len == old.size_bytes;
	return same ? 0 : -EAGAIN;
}

static int read_open_file(struct smb *smb, SMBCFILE *file, struct share_content *out_content)
{
	struct stat before;
	int error = get_status(smb, file, &before);
	if (error != 0)
		return error;
	if (S_ISDIR(before.st_mode))
		return -EISDIR;
	if ((uint64_t)before.st_size > SHARE_MAX_FILE_BYTES)
		return -EFBIG;
	/* One byte more than its size, to see a file that grows. */
	size_t size = (size_t)before.st_size + 1;
	uint8_t *data = malloc(size);
	if (data == NULL)
		return -ENOMEM;
	error = read_unchanged(smb, file, &before, data, out_content);
	if (error == 0) {
		out_content->data = data;
		return 0;
	}
	explicit_bzero(data, size);
	free(data);
	return error;
}

static int read_connected(struct smb *smb, const char *name, struct share_content *out_content)
{
	char url[URL_SIZE];
	int error = connect_context(smb);
	if (error != 0)
		return error;
	format_url(smb, smb->url.folder, name, url);
	errno = 0;
	SMBCFILE *file = smbc_getFunctionOpen(smb->context)(smb->context, url, O_RDONLY, 0);
	if (file == NULL)
		return error_now();
	error = read_open_file(smb, file, out_content);
	smbc_getFunctionClose(smb->context)(smb->context, file);
	return error;
}

/* Errors of one file; after any other the connection is not to be trusted. */
static bool is_of_file(int error)
{
	return error == 0 || error == -ENOENT || error == -EISDIR || error == -EFBIG || error == -EAGAIN ||
	       error == -ENOMEM;
}

static bool is_entry_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strchr(name, '\\') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int find_connected(struct smb *smb, const char *name)
{
	char url[URL_SIZE];
	struct stat status;
	int error = connect_context(smb);
	if (error != 0)
		return error;
	format_url(smb, smb->url.folder, name, url);
	errno = 0;
	return smbc_getFunctionStat(smb->context)(smb->context, url, &status) == 0 ? 0 : error_now();
}

static int find(struct share *share, const char *name)
{
	struct smb *smb = (struct smb *)share;
	if (!is_entry_name(name))
		return -EINVAL;
	int error = find_connected(smb, name);
	/* Without the folder nothing is known of its files. */
	if (error == -ENOENT && find_connected(smb, "") != 0)
		error = -ESTALE;
	if (!is_of_file(error))
		disconnect(smb);
	return error;
}

static int read_entry(struct share *share, const char *name, struct share_content *out_content)
{
	struct smb *smb = (struct smb *)share;
	if (!is_entry_name(name))
		return -EINVAL;
	bool reused = smb->context != NULL;
	int error = read_connected(smb, name, out_content);
	if (is_of_file(error))
		return error;
	disconnect(smb);
	/* Servers end connections that rest, and restart: the first file to notice that is read again. */
	if (reused && error != -ETIMEDOUT)
		error = read_connected(smb, name, out_content);
	if (!is_of_file(error))
		disconnect(smb);
	return error;
}

/* --- the share ------------------------------------------------------------------------------------------------------
 */

static void close_share(struct share *share)
{
	struct smb *smb = (struct smb *)share;
	disconnect(smb);
	explicit_bzero(smb, sizeof(*smb));
	free(smb);
}

static struct share *open_share(const struct smb_url *url, const struct smb_url_user *user, const char *password)
{
	static const struct share_operations operations = {
		.list = list, .read = read_entry, .find = find, .close = close_share};
	struct smb *smb = calloc(1, sizeof(*smb));
	if (smb == NULL)
		return NULL;
	smb->share.operations = &operations;
	smb->url = *url;
	smb->user = *user;
	snprintf(smb->password, sizeof(smb->password), "%s", password != NULL ? password : "");
	return &smb->share;
}

const struct share_smb_plugin share_smb_plugin = {.version = HANDFAST_VERSION, .open = open_share};
