/* SPDX-License-Identifier: MIT */
#include "guest/debian_unpack.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/modules.h"
#include "guest/proc.h"

int debian_unpack(const char *name, const char *deb, const char *root, int sigfd, struct errmsg *e)
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
			"no space left to unpack %s in %s: free 700 MB or set XDG_CACHE_HOME", name,
			root);
	return errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
			  "the download of %s is broken: %s; try again", name, r.why);
}

/* The kernel's image below @root, wherever the package has it. */
static int find_image(const char *root, const char *image, char *path, size_t size,
		      struct errmsg *e)
{
	const char *release = image + strlen("linux-image-");
	static const char *const layouts[][2] = {
		{"boot/vmlinuz-", ""},
		{"usr/lib/modules/", "/vmlinuz"},
		{"lib/modules/", "/vmlinuz"},
	};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		int n = snprintf(path, size, "%s/%s%s%s", root, layouts[i][0], release,
				 layouts[i][1]);

		if (n > 0 && (size_t)n < size && !access(path, R_OK))
			return 0;
	}
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			  "%s holds no kernel: neither boot/vmlinuz-%s nor "
			  "usr/lib/modules/%s/vmlinuz",
			  image, release, release);
}

/* Whatever the package is called: the image itself says what it is. */
static int check_image(const struct debian_want *want, const char *image, const char *path,
		       struct errmsg *e)
{
	char release[96], expect[APT_SERIES_MAX], series[APT_SERIES_MAX];
	const char *arch = NULL;
	bool rt;
	int err = kernel_image_probe(path, &arch, release, sizeof(release));

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: its vmlinuz %s%s", image,
				  err == -ENOEXEC ? "is no kernel" : "cannot be read: ",
				  err == -ENOEXEC ? "" : strerror(-err));
	if (strcmp(arch, want->arch) != 0)
		return errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT,
				  "%s holds a kernel for %s, not for %s", image, arch, want->arch);
	/* An arm64 Image does not say its release: there the package's name has to do. */
	if (!release[0] || !apt_image_name(image, want->arch, expect, &rt))
		return 0;
	if (apt_release_series(release, series) && !strcmp(series, expect))
		return 0;
	return errmsg_set(e, -ESTALE, EXIT_ENVIRONMENT, "%s holds Linux %s, not %s", image, release,
			  expect);
}

static int write_failed(int err, const char *path, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s%s", path, strerror(-err),
			  err == -ENOSPC ? "; free some space or set XDG_CACHE_HOME" : "");
}

static int copy_image(const char *from, const char *dir, struct errmsg *e)
{
	struct bytes image = {0};
	char path[PATH_MAX];
	int err = bytes_read_file(&image, from);

	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", from, strerror(-err));
	snprintf(path, sizeof(path), "%s/vmlinuz", dir);
	if (!err) {
		err = fs_write_file(path, image.data, image.len);
		if (err)
			write_failed(err, path, e);
	}
	bytes_free(&image);
	return err;
}

int debian_keep(const struct debian_want *want, const char *image, const char *root,
		const char *dir, int sigfd, struct errmsg *e)
{
	char path[PATH_MAX + MODULE_NAME_MAX + 16], vmlinuz[PATH_MAX];
	struct modules m = {0};
	int err = find_image(root, image, vmlinuz, sizeof(vmlinuz), e);

	if (!err)
		err = check_image(want, image, vmlinuz, e);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/modules", dir);
	err = fs_mkdirs(path);
	if (err)
		return write_failed(err, path, e);
	err = modules_collect(&m, root, sigfd, e);
	if (!err && !modules_have(&m, "vfio_pci"))
		err = errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				 "%s holds no vfio-pci module: this kernel is of no use", image);
	for (size_t i = 0; !err && i < m.n; i++) {
		snprintf(path, sizeof(path), "%s/modules/%s.ko", dir, m.v[i].name);
		err = fs_write_file(path, m.v[i].data.data, m.v[i].data.len);
		if (err)
			write_failed(err, path, e);
	}
	modules_free(&m);
	return err ? err : copy_image(vmlinuz, dir, e);
}
