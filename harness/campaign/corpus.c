/* SPDX-License-Identifier: MIT */
#include "campaign/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/sha1.h"
#include "guest/bytes.h"
#include "support/outfile.h"

/* What lies about in the folders of engines and is no input; folders of that kind begin with '.'.
 */
static const char *const notes[] = {
	"README",      "fuzzer_stats", "fuzzer_setup", "cmdline",
	"fuzz_bitmap", "is_main_node", "plot_data",    "target_hash",
};

static bool is_note(const char *name)
{
	size_t len = strlen(name);

	if (name[0] == '.' || !strncmp(name, "README", 6) ||
	    (len > 4 && !strcmp(name + len - 4, ".irq")) || strstr(name, ".tmp."))
		return true;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (!strcmp(name, notes[i]))
			return true;
	}
	return false;
}

int corpus_add(const char *to, const void *data, size_t len, struct errmsg *e)
{
	char path[PATH_MAX], name[SHA1_NAME];

	sha1_name(data, len, name);
	if (snprintf(path, sizeof(path), "%s/%s", to, name) >= (int)sizeof(path))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT, "%s: the name is too long",
				  to);
	if (!access(path, F_OK))
		return 1;
	return outfile_write(path, data, len, e);
}

int corpus_import_file(const char *to, const char *file, struct errmsg *e)
{
	struct bytes b = {0};
	int err = bytes_read_file(&b, file);

	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", file, strerror(-err));
	else
		err = corpus_add(to, b.data, b.len, e);
	bytes_free(&b);
	return err;
}

int corpus_walk(const char *dir, bool deep, int (*each)(void *data, const char *path), void *data)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort), ret = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		struct stat st;

		if (!ret && names[i]->d_name[0] != '.' &&
		    snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name) <
			    (int)sizeof(path) &&
		    !stat(path, &st)) {
			if (S_ISREG(st.st_mode))
				ret = each(data, path);
			else if (S_ISDIR(st.st_mode) && deep)
				ret = corpus_walk(path, deep, each, data);
		}
		free(names[i]);
	}
	free(names);
	return ret;
}

struct importing {
	const char *to;
	struct corpus_import *n;
	struct errmsg *e;
};

static int import_one(void *data, const char *path)
{
	struct importing *im = data;
	int ret;

	if (is_note(strrchr(path, '/') + 1))
		return 0;
	ret = corpus_import_file(im->to, path, im->e);
	if (ret < 0)
		return ret;
	im->n->seen++;
	im->n->added += !ret;
	return 0;
}

int corpus_import(const char *to, const char *from, bool deep, struct corpus_import *n,
		  struct errmsg *e)
{
	struct importing im = {.to = to, .n = n, .e = e};
	int err;

	memset(n, 0, sizeof(*n));
	*e->text = '\0';
	err = corpus_walk(from, deep, import_one, &im);
	if (err && !*e->text)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read the corpus %s: %s", from,
			   strerror(-err));
	return err;
}

/* Often asked for, so without a look at each file. */
uint64_t corpus_count(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	uint64_t n = 0;

	while (d && (de = readdir(d)))
		n += de->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static int verify_one(void *data, const char *path)
{
	uint64_t *n = data;
	struct bytes b = {0};
	char name[SHA1_NAME];
	int err = bytes_read_file(&b, path);

	sha1_name(b.data, b.len, name);
	bytes_free(&b);
	++*n;
	return err || strcmp(strrchr(path, '/') + 1, name) ? -EIO : 0;
}

uint64_t corpus_verify(const char *dir)
{
	uint64_t n = 0;

	return corpus_walk(dir, false, verify_one, &n) ? 0 : n;
}
