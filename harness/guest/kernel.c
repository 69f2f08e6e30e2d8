/* SPDX-License-Identifier: MIT */
#include "guest/kernel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/debian.h"

/* The x86 boot protocol: where a bzImage keeps its magic and the offset of its release string. */
#define SETUP_MAGIC   0x202
#define SETUP_RELEASE 0x20e
#define SETUP_BASE    0x200
/* Where an arm64 Image has its magic (Documentation/arch/arm64/booting.rst). */
#define ARM64_MAGIC   56

int kernel_spec_parse(const char *text, struct kernel_spec *spec, struct errmsg *e)
{
	const char *comma;
	size_t len;

	memset(spec, 0, sizeof(*spec));
	if (!strncmp(text, "debian:", 7)) {
		spec->debian = true;
		return debian_want_parse(text + 7, &spec->want, e);
	}
	/* a word that is no file here, and meant the other form */
	if (!strncmp(text, "debian", 6) && !strchr(text, '/') && access(text, F_OK))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--kernel %s: want a series with it, debian:6.12 or debian:6.1 "
				  "(and there is no file of that name)",
				  text);
	comma = strstr(text, ",modules=");
	len = comma ? (size_t)(comma - text) : strlen(text);
	if (!len || len >= sizeof(spec->image) || (comma && !comma[9]) ||
	    (comma && strlen(comma + 9) >= sizeof(spec->modules)))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--kernel %s: want debian:SERIES or PATH[,modules=DIR]", text);
	memcpy(spec->image, text, len);
	if (comma)
		strcpy(spec->modules, comma + 9);
	return 0;
}

/* The release's text at @offset of a bzImage; "" when it does not say one. */
static void read_release(int fd, uint16_t offset, char *release, size_t size)
{
	ssize_t n = offset ? pread(fd, release, size - 1, SETUP_BASE + offset) : 0;

	release[n > 0 ? n : 0] = '\0';
	/* "6.12.1-amd64 (builder@host) #1 SMP ...": the first word is the release. */
	release[strcspn(release, " ")] = '\0';
	for (char *p = release; *p; p++) {
		if (!isprint((unsigned char)*p))
			release[0] = '\0';
	}
}

int kernel_image_probe(const char *image, const char **arch, char *release, size_t size)
{
	int fd = open(image, O_RDONLY | O_CLOEXEC), err = 0;
	uint8_t head[0x210] = {0};
	struct stat st;
	ssize_t n;

	release[0] = '\0';
	if (fd < 0)
		return -errno;
	n = pread(fd, head, sizeof(head), 0);
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (n == (ssize_t)sizeof(head) && !memcmp(head + SETUP_MAGIC, "HdrS", 4))
		*arch = "amd64";
	else if (n == (ssize_t)sizeof(head) && !memcmp(head + ARM64_MAGIC, "ARM\x64", 4))
		*arch = "arm64";
	else
		err = -ENOEXEC;
	if (!err && !strcmp(*arch, "amd64"))
		read_release(fd, (uint16_t)(head[SETUP_RELEASE] | head[SETUP_RELEASE + 1] << 8),
			     release, size);
	close(fd);
	return err;
}

int kernel_cache_dir(char *path, size_t size, struct errmsg *e)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (xdg && *xdg == '/')
		n = snprintf(path, size, "%s/irqstorm", xdg);
	else if (home && *home == '/')
		n = snprintf(path, size, "%s/.cache/irqstorm", home);
	else
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "no place for the cache: set HOME or XDG_CACHE_HOME");
	if ((size_t)n >= size)
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT,
				  "XDG_CACHE_HOME or HOME is too long");
	return 0;
}

static int prepare_debian(const struct kernel_spec *spec, int sigfd, struct kernel *k,
			  struct errmsg *e)
{
	char dir[PATH_MAX - 16], modules[PATH_MAX];
	int err = debian_kernel(&spec->want, DEBIAN_WEEK_S, sigfd, dir, sizeof(dir), e);

	if (err)
		return err;
	snprintf(k->image, sizeof(k->image), "%s/vmlinuz", dir);
	snprintf(modules, sizeof(modules), "%s/modules", dir);
	return modules_collect(&k->modules, modules, sigfd, e);
}

/* What the image itself says it is. */
static int probe(const char *image, const struct guest_arch **arch, char *release, size_t size,
		 struct errmsg *e)
{
	const char *name = NULL;
	int err = kernel_image_probe(image, &name, release, size);

	if (err == -ENOEXEC)
		return errmsg_set(
			e, err, EXIT_ENVIRONMENT,
			"--kernel %s: not a bzImage (arch/x86/boot/bzImage of a build, or "
			"a distribution's vmlinuz), nor an arm64 Image "
			"(arch/arm64/boot/Image, not compressed)",
			image);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "--kernel %s: cannot read it: %s",
				  image, strerror(-err));
	*arch = guest_arch_named(name);
	return 0;
}

int kernel_arch(const struct kernel_spec *spec, const struct guest_arch **arch, struct errmsg *e)
{
	char release[96];

	if (!spec->debian)
		return probe(spec->image, arch, release, sizeof(release), e);
	*arch = guest_arch_named(spec->want.arch);
	return 0;
}

int kernel_prepare(const struct kernel_spec *spec, int sigfd, struct kernel *k, struct errmsg *e)
{
	const struct guest_arch *arch;
	int err = 0;

	memset(k, 0, sizeof(*k));
	if (spec->debian) {
		err = prepare_debian(spec, sigfd, k, e);
	} else {
		memcpy(k->image, spec->image, sizeof(k->image));
		if (spec->modules[0])
			err = modules_collect(&k->modules, spec->modules, sigfd, e);
	}
	if (err)
		return err;
	err = probe(k->image, &arch, k->release, sizeof(k->release), e);
	if (err)
		kernel_free(k);
	return err;
}

void kernel_free(struct kernel *k)
{
	modules_free(&k->modules);
}
