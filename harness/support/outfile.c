/* SPDX-License-Identifier: MIT */
#include "support/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/log.h"

static int fail(const struct outfile *o, int err, struct errmsg *e)
{
	return errmsg_set(e, -err, EXIT_ENVIRONMENT, "cannot write %s: %s",
			  strcmp(o->path, "-") ? o->path : "to stdout", strerror(err));
}

int outfile_open(struct outfile *o, const char *path, struct errmsg *e)
{
	struct stat st;

	memset(o, 0, sizeof(*o));
	if (!path)
		return 0;
	o->path = path;
	if (!strcmp(path, "-")) {
		o->f = stdout;
		return 0;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		o->f = fopen(path, "we");
		return o->f ? 0 : fail(o, errno, e);
	}
	if (asprintf(&o->tmp, "%s.tmp.%d", path, (int)getpid()) < 0) {
		o->tmp = NULL;
		return fail(o, ENOMEM, e);
	}
	o->f = fopen(o->tmp, "we");
	if (!o->f) {
		int err = errno;

		free(o->tmp);
		o->tmp = NULL;
		return fail(o, err, e);
	}
	return 0;
}

int outfile_commit(struct outfile *o, struct errmsg *e)
{
	int err = 0;

	if (!o->f)
		return 0;
	errno = 0;
	if (o->f == stdout)
		err = -log_stdout_reason();
	else if (fflush(o->f) || ferror(o->f))
		err = errno ? errno : EIO;
	if (o->f != stdout && fclose(o->f) && !err)
		err = errno;
	o->f = NULL;
	if (o->tmp && !err && rename(o->tmp, o->path))
		err = errno;
	if (o->tmp && err)
		unlink(o->tmp);
	free(o->tmp);
	o->tmp = NULL;
	return err ? fail(o, err, e) : 0;
}

void outfile_abort(struct outfile *o)
{
	if (o->f && o->f != stdout)
		fclose(o->f);
	if (o->tmp)
		unlink(o->tmp);
	free(o->tmp);
	memset(o, 0, sizeof(*o));
}

int outfile_write(const char *path, const void *data, size_t len, struct errmsg *e)
{
	struct outfile out;
	int err = outfile_open(&out, path, e);

	if (err)
		return err;
	if (len)
		fwrite(data, 1, len, out.f); /* a failure shows when it is committed */
	return outfile_commit(&out, e);
}
