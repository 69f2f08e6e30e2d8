/* SPDX-License-Identifier: MIT */
#include "guest/last.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/blackbox.h"

#define TARGET_LINE "# target "

int last_create(void)
{
	int fd = memfd_create("irqstorm-last", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, LAST_SIZE))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int last_copy(int fd)
{
	int copy = last_create();
	off_t at = 0;

	while (copy >= 0 && at < (off_t)LAST_SIZE) {
		ssize_t n = sendfile(copy, fd, &at, LAST_SIZE - (size_t)at);

		if (n <= 0) {
			int err = n ? -errno : -EIO;

			close(copy);
			return err;
		}
	}
	return copy;
}

static int save_one(const struct blackbox_view *v, const char *path)
{
	FILE *f = fopen(path, "we");
	int err = 0;

	if (!f)
		return -errno;
	if (v->torn)
		fputs("# torn: the guest's end came while this was written, any of it may be "
		      "wrong\n",
		      f);
	fwrite(v->text, 1, v->len, f);
	if (v->cut)
		fputs("# cut: the program was longer\n", f);
	if (ferror(f))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

static void find_target(const struct blackbox_view *v, char *target, size_t size)
{
	size_t skip = strlen(TARGET_LINE), len = 0;

	if (v->len > skip && !memcmp(v->text, TARGET_LINE, skip)) {
		while (skip + len < v->len && v->text[skip + len] > ' ')
			len++;
	}
	snprintf(target, size, "%.*s", (int)len, v->text + skip);
}

int last_save(int fd, const char *dir, struct last_saved *saved, struct errmsg *e)
{
	struct blackbox_view views[LAST_PROGRAMS];
	void *memory = mmap(NULL, LAST_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	int err = 0;

	memset(saved, 0, sizeof(*saved));
	if (memory == MAP_FAILED)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "cannot read the guest's last programs: %s", strerror(errno));
	saved->n = blackbox_last(memory, LAST_SIZE, views, LAST_PROGRAMS);
	if (saved->n && mkdir(dir, 0777) && errno != EEXIST)
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make %s: %s", dir,
				 strerror(errno));
	for (uint32_t i = 0; !err && i < saved->n; i++) {
		int len = snprintf(saved->newest, sizeof(saved->newest), "%s/%02u.irq", dir, i);

		err = len < (int)sizeof(saved->newest) ? save_one(&views[i], saved->newest)
						       : -ENAMETOOLONG;
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", saved->newest,
				   strerror(-err));
	}
	if (!err && saved->n)
		find_target(&views[saved->n - 1], saved->target, sizeof(saved->target));
	munmap(memory, LAST_SIZE);
	return err;
}
