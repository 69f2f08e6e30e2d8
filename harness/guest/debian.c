/* SPDX-License-Identifier: MIT */
#include "guest/debian.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/proc.h"
#include "support/log.h"

#define NAME_LEN 128

/* The package that apt holds for current. */
struct package {
	char name[NAME_LEN];
	char version[NAME_LEN];
	uint64_t size; /* of the .deb, 0 when apt did not say */
};

const char *debian_meta(const char *series, char *buf, size_t size)
{
	/* The release's own series has the plain name. */
	if (!strcmp(series, "6.1"))
		snprintf(buf, size, "linux-image-amd64");
	else
		snprintf(buf, size, "linux-image-%s-amd64", series);
	return buf;
}

static bool have_apt_lists(void)
{
	glob_t g = {0};
	bool have = !glob("/var/lib/apt/lists/*_Packages*", 0, NULL, &g) && g.gl_pathc;

	globfree(&g);
	return have;
}

/* The first word behind "@key" at a line's beginning (blanks before it do not count). */
static bool field(const struct bytes *text, const char *key, char *value, size_t size)
{
	const char *p = (const char *)text->data, *end = p + text->len;
	size_t key_len = strlen(key);

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl)
			nl = end;
		while (p < nl && isblank((unsigned char)*p))
			p++;
		if ((size_t)(nl - p) > key_len && !memcmp(p, key, key_len)) {
			size_t len = 0;

			for (p += key_len; p < nl && isblank((unsigned char)*p); p++)
				;
			while (p + len < nl && !isspace((unsigned char)p[len]))
				len++;
			if (len && len < size && !memchr(p, '/', len)) {
				memcpy(value, p, len);
				value[len] = '\0';
				return true;
			}
		}
		p = nl + 1;
	}
	return false;
}

static int unknown_package(const char *meta, struct errmsg *e)
{
	if (!have_apt_lists())
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "apt knows no %s because its lists are empty: run apt-get update "
				  "first (as root)",
				  meta);
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			  "apt knows no %s: check the series, or run apt-get update (as root)",
			  meta);
}

static int resolve(const char *series, int sigfd, struct package *pkg, struct errmsg *e)
{
	char meta[NAME_LEN], size[32] = "";
	const char *depends[] = {"apt-cache", "depends", "--important",
				 debian_meta(series, meta, sizeof(meta)), NULL};
	const char *show[] = {"apt-cache", "show", "--no-all-versions", pkg->name, NULL};
	struct proc_result r;
	int err;

	memset(pkg, 0, sizeof(*pkg));
	err = proc_run(depends, "apt (or give --kernel PATH)", NULL, sigfd, &r, e);
	if (err)
		return err;
	if (r.status || !field(&r.out, "Depends:", pkg->name, sizeof(pkg->name)))
		err = unknown_package(meta, e);
	bytes_free(&r.out);
	if (err)
		return err;
	err = proc_run(show, "apt", NULL, sigfd, &r, e);
	if (err)
		return err;
	if (r.status || !field(&r.out, "Version:", pkg->version, sizeof(pkg->version)))
		err = unknown_package(pkg->name, e);
	else if (field(&r.out, "Size:", size, sizeof(size)))
		pkg->size = strtoull(size, NULL, 10);
	bytes_free(&r.out);
	return err;
}

/* True when @dir is a finished entry: it only ever appears by a rename of a whole one. */
static bool cached(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vmlinuz", dir);
	return !access(path, R_OK);
}

/* What is wanted behind the download is looked for before it. */
static int can_unpack(struct errmsg *e)
{
	static const struct {
		const char *program, *package;
	} wanted[] = {{"apt-get", "apt"}, {"dpkg-deb", "dpkg"}, {"xz", "xz-utils"}};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (proc_find(wanted[i].program, path, sizeof(path)))
			return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
					  "%s not found, and a kernel of Debian is not unpacked "
					  "without it: apt-get install %s, or give --kernel PATH",
					  wanted[i].program, wanted[i].package);
	}
	return 0;
}

static int download(const struct package *pkg, const char *tmp, int sigfd, char *deb, size_t size,
		    struct errmsg *e)
{
	char what[2 * NAME_LEN + 2];
	const char *argv[] = {"apt-get", "-q", "download", what, NULL};
	struct proc_result r;
	struct stat st;
	int err;

	snprintf(what, sizeof(what), "%s=%s", pkg->name, pkg->version);
	log_note("guest: fetching %s %s (%" PRIu64 " MB, once)", pkg->name, pkg->version,
		 pkg->size / 1000000);
	err = proc_run(argv, "apt", tmp, sigfd, &r, e);
	if (err)
		return err;
	bytes_free(&r.out);
	if (r.status)
		return errmsg_set(
			e, -EIO, EXIT_ENVIRONMENT,
			"apt-get cannot download %s: %s (is there a network? if the version "
			"is gone, run apt-get update as root)",
			pkg->name, r.why[0] ? r.why : "it does not say why");
	if (fs_find(tmp, "", ".deb", 0, deb, size) || stat(deb, &st))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "apt-get left no %s in %s",
				  pkg->name, tmp);
	if (pkg->size && (uint64_t)st.st_size != pkg->size)
		return errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
				  "the download of %s is broken: %" PRIu64 " bytes of %" PRIu64
				  "; try again",
				  pkg->name, (uint64_t)st.st_size, pkg->size);
	return 0;
}

static int unpack(const struct package *pkg, const char *deb, const char *root, int sigfd,
		  struct errmsg *e)
{
	const char *argv[] = {"dpkg-deb", "-x", deb, root, NULL};
	struct proc_result r;
	int err = proc_run(argv, "dpkg (or give --kernel PATH)", NULL, sigfd, &r, e);

	if (err)
		return err;
	bytes_free(&r.out);
	if (!r.status)
		return 0;
	if (strstr(r.why, strerror(ENOSPC)))
		return errmsg_set(
			e, -ENOSPC, EXIT_ENVIRONMENT,
			"no space left to unpack %s in %s: free 500 MB or set XDG_CACHE_HOME",
			pkg->name, root);
	return errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
			  "the download of %s is broken: %s; try again", pkg->name, r.why);
}

static int keep_failed(int err, const char *path, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s%s", path, strerror(-err),
			  err == -ENOSPC ? "; free some space or set XDG_CACHE_HOME" : "");
}

/* Copy what a guest needs out of the unpacked package into the new entry @keep. */
static int keep(const char *root, const char *keep_dir, int sigfd, struct errmsg *e)
{
	struct modules m = {0};
	struct bytes image = {0};
	char path[PATH_MAX + MODULE_NAME_MAX + 16], boot[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/modules", keep_dir);
	err = fs_mkdirs(path);
	if (err)
		return keep_failed(err, path, e);
	err = fs_find(root, "vmlinuz-", "", 3, boot, sizeof(boot));
	if (!err)
		err = bytes_read_file(&image, boot);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "the package holds no boot/vmlinuz: %s",
			   strerror(-err));
		goto out;
	}
	err = modules_collect(&m, root, sigfd, e);
	if (!err && !modules_have(&m, "vfio_pci"))
		err = errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				 "the package holds no vfio-pci module: this kernel is of no use");
	for (size_t i = 0; !err && i < m.n; i++) {
		snprintf(path, sizeof(path), "%s/modules/%s.ko", keep_dir, m.v[i].name);
		err = fs_write_file(path, m.v[i].data.data, m.v[i].data.len);
		if (err)
			keep_failed(err, path, e);
	}
	if (!err) {
		snprintf(path, sizeof(path), "%s/vmlinuz", keep_dir);
		err = fs_write_file(path, image.data, image.len);
		if (err)
			keep_failed(err, path, e);
	}
out:
	modules_free(&m);
	bytes_free(&image);
	return err;
}

static int fetch(const struct package *pkg, const char *kernels, const char *entry, int sigfd,
		 struct errmsg *e)
{
	char tmp[PATH_MAX - 64], root[PATH_MAX], new[PATH_MAX], deb[PATH_MAX];
	int err;

	/* One name for all: whoever holds the lock clears what a killed run has left. */
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s/.fetch", kernels) >= sizeof(tmp))
		return keep_failed(-ENAMETOOLONG, kernels, e);
	snprintf(root, sizeof(root), "%s/root", tmp);
	snprintf(new, sizeof(new), "%s/new", tmp);
	err = can_unpack(e);
	if (err)
		return err;
	err = fs_remove_tree(tmp);
	if (!err)
		err = fs_mkdirs(root);
	if (err)
		return keep_failed(err, tmp, e);
	err = download(pkg, tmp, sigfd, deb, sizeof(deb), e);
	if (!err)
		err = unpack(pkg, deb, root, sigfd, e);
	if (!err)
		err = keep(root, new, sigfd, e);
	if (!err && rename(new, entry)) {
		err = -errno;
		keep_failed(err, entry, e);
	}
	fs_remove_tree(tmp);
	return err;
}

/* An exclusive lock, so that two runs at once fetch once. Returns the fd or -errno with @e. */
static int lock(const char *kernels, int sigfd, struct errmsg *e)
{
	struct pollfd stop = {.fd = sigfd, .events = POLLIN};
	char path[PATH_MAX];
	bool told = false;
	int fd, sig, err = fs_mkdirs(kernels);

	snprintf(path, sizeof(path), "%s/.lock", kernels);
	fd = err ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		err = err ? err : -errno;
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache %s: %s; set XDG_CACHE_HOME",
				  kernels, strerror(-err));
	}
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK) {
			err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot lock %s: %s", path,
					 strerror(errno));
			close(fd);
			return err;
		}
		if (!told)
			log_note("guest: waiting for another irqstorm that is fetching a kernel");
		told = true;
		sig = poll(&stop, 1, 200) > 0 ? proc_stop_signal(sigfd) : 0;
		if (sig) {
			close(fd);
			return proc_interrupted(e, sig);
		}
	}
	return fd;
}

/* The newest entry of @series in the cache. */
static int newest(const char *kernels, const char *series, char *dir, size_t size)
{
	char prefix[64];
	int err;

	snprintf(prefix, sizeof(prefix), "linux-image-%s.", series);
	err = fs_find(kernels, prefix, "", 0, dir, size);
	return err ? err : cached(dir) ? 0 : -ENOENT;
}

static int fetch_locked(const struct package *pkg, const char *kernels, const char *entry,
			int sigfd, struct errmsg *e)
{
	int fd = lock(kernels, sigfd, e), err = 0;

	if (fd < 0)
		return fd;
	if (!cached(entry))
		err = fetch(pkg, kernels, entry, sigfd, e);
	close(fd);
	return err;
}

int debian_kernel(const char *series, int sigfd, char *dir, size_t size, struct errmsg *e)
{
	char base[PATH_MAX / 2], kernels[PATH_MAX / 2 + 16];
	struct package pkg;
	int err = kernel_cache_dir(base, sizeof(base), e);

	if (err)
		return err;
	snprintf(kernels, sizeof(kernels), "%s/kernels", base);
	err = resolve(series, sigfd, &pkg, e);
	if (!err) {
		if ((size_t)snprintf(dir, size, "%s/%s_%s", kernels, pkg.name, pkg.version) >= size)
			return keep_failed(-ENAMETOOLONG, kernels, e);
		if (cached(dir))
			return 0;
		err = fetch_locked(&pkg, kernels, dir, sigfd, e);
	}
	if (!err || err == -EINTR)
		return err;
	if (newest(kernels, series, dir, size))
		return err;
	log_note("guest: %s; using %s from the cache", e->text, strrchr(dir, '/') + 1);
	return 0;
}
