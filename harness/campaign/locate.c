/* SPDX-License-Identifier: MIT */
/* Where an engine's programs are, and whether they are what they should be. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/engine.h"
#include "guest/initramfs.h"
#include "guest/proc.h"
#include "support/installed.h"

/* A string that only a program built for the engine has in it. */
static const char *const marks[] = {"stat::number_of_executed_units", "__AFL_SHM_ID"};

static const char *const presets_libfuzzer[] = {"fuzz-bare", "fuzz", NULL};
static const char *const presets_afl[] = {"afl", NULL};
static const char *const *const default_presets[] = {presets_libfuzzer, presets_afl};

enum suits { SUITS_NOT_THERE, SUITS_OTHER, SUITS };

static enum suits suits(enum engine_kind kind, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum suits answer = SUITS_NOT_THERE;
	struct stat st;
	void *at;

	if (fd < 0)
		return answer;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && !access(path, X_OK)) {
		at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (at != MAP_FAILED) {
			answer = memmem(at, (size_t)st.st_size, marks[kind], strlen(marks[kind]))
					 ? SUITS
					 : SUITS_OTHER;
			munmap(at, (size_t)st.st_size);
		}
	}
	close(fd);
	return answer;
}

static enum suits try(struct engine_paths *p, const char *dir)
{
	int n = snprintf(p->target, sizeof(p->target), "%s/%s", dir, p->name);

	return n < 0 || n >= PATH_MAX ? SUITS_NOT_THERE : suits(p->kind, p->target);
}

/* BUILD of BUILD/PRESET/harness/cli/irqstorm, and BUILD/PRESET into @own. */
static int build_folder(char build[PATH_MAX], char own[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", own, PATH_MAX - 1);

	if (n < 0)
		return -errno;
	own[n] = '\0';
	for (int up = 0; up < 3; up++) {
		char *slash = strrchr(own, '/');

		if (!slash)
			return -ENOENT;
		*slash = '\0';
	}
	snprintf(build, PATH_MAX, "%s", own);
	if (!strrchr(build, '/'))
		return -ENOENT;
	*strrchr(build, '/') = '\0';
	return 0;
}

static enum suits try_builds(struct engine_paths *p, const char *const presets[])
{
	char build[PATH_MAX], own[PATH_MAX], dir[2 * PATH_MAX], installed[PATH_MAX];
	bool built = !build_folder(build, own);

	snprintf(dir, sizeof(dir), "%s/fuzz", own);
	if (built && try(p, dir) == SUITS)
		return SUITS;
	for (; *presets; presets++) {
		snprintf(dir, sizeof(dir), "%s/%s/fuzz", build, *presets);
		if (built && try(p, dir) == SUITS)
			return SUITS;
		snprintf(dir, sizeof(dir), "%s/fuzz", *presets);
		if (!installed_path(dir, installed) && try(p, installed) == SUITS)
			return SUITS;
	}
	return SUITS_NOT_THERE;
}

static int find_afl(struct engine_paths *p, struct errmsg *e)
{
	int n;

	if (proc_find("afl-fuzz", p->fuzzer, sizeof(p->fuzzer)))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "afl-fuzz not found: apt-get install afl++");
	n = snprintf(p->mutator, sizeof(p->mutator), "%s_mutator.so", p->target);
	if (n < 0 || (size_t)n >= sizeof(p->mutator) || access(p->mutator, R_OK))
		p->mutator[0] = '\0';
	return 0;
}

int engine_locate(enum engine_kind kind, const char *name, const char *dir,
		  const char *const presets[], struct engine_paths *p, struct errmsg *e)
{
	char absolute[PATH_MAX];
	enum suits found;

	memset(p, 0, sizeof(*p));
	p->kind = kind;
	if (!presets)
		presets = default_presets[kind];
	if (!*name || strchr(name, '/') || strlen(name) >= sizeof(p->name))
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "'%s' is no name of a fuzz target", name);
	snprintf(p->name, sizeof(p->name), "%s", name);
	found = dir ? try(p, dir) : try_builds(p, presets);
	if (found == SUITS_OTHER)
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "%s is not built for %s: cmake --preset %s && cmake --build "
				  "--preset %s",
				  p->target, engine_names[kind], *presets, *presets);
	if (found != SUITS)
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "no fuzz target %s for %s%s%s: cmake --preset %s && cmake "
				  "--build --preset %s, or install irqstorm-fuzz, or name its "
				  "folder with --fuzz-dir",
				  name, engine_names[kind], dir ? " in " : "", dir ? dir : "",
				  *presets, *presets);
	/* Commands that repeat a finding are run from anywhere. */
	if (!realpath(p->target, absolute))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot find %s: %s", p->target,
				  strerror(errno));
	memcpy(p->target, absolute, sizeof(absolute));
	return kind == ENGINE_AFL ? find_afl(p, e) : 0;
}

int engine_locate_for_guest(const char *name, const char *dir, const struct guest_arch *arch,
			    struct engine_paths *p, struct errmsg *e)
{
	const char *const *presets = arch->fuzz;
	struct bytes content = {0};
	int err = engine_locate(ENGINE_LIBFUZZER, name, dir, presets, p, e);

	if (err)
		return err;
	if (initramfs_program(&content, p->target, arch, false, NULL))
		err = errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT,
				 "%s does not run in a guest, as it is not static (or not for %s): "
				 "fuzz_irq_device of the preset %s does (cmake --preset %s && "
				 "cmake --build --preset %s)",
				 p->target, arch->title, *presets, *presets, *presets);
	bytes_free(&content);
	return err;
}
