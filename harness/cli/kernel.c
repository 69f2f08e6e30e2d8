/* SPDX-License-Identifier: MIT */
/* irqstorm kernel: the kernels that guests boot: which there are, which are in the cache. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/guest_setup.h"
#include "guest/apt_view.h"
#include "guest/debian.h"
#include "guest/kernel.h"
#include "guest/kernel_cache.h"
#include "kernel/build.h"
#include "kernel/recipe.h"
#include "support/log.h"

struct kernel_cli {
	const char *arch, *source, *output;
	uint32_t config;
	uint64_t jobs;
	bool available;
};

#define FIELD(f) offsetof(struct kernel_cli, f)

static const char *const arch_begins[] = {"amd64", "arm64", NULL};

static const char *const source_begins[] = {"debian:", NULL};

static const struct opt kernel_opts[] = {
	{.type = OPT_FLAG,
	 .name = "available",
	 .offset = FIELD(available),
	 .help = "With list: not what is in the cache but the newest of each series that Debian "
		 "has, in any release."},
	{.type = OPT_STRING,
	 .name = "arch",
	 .arg = "ARCH",
	 .def = "amd64",
	 .begins = {arch_begins},
	 .offset = FIELD(arch),
	 .help = "With --available: amd64 or arm64."},
	OPT_HEADING("With build"),
	{.type = OPT_STRING,
	 .name = "source",
	 .arg = "WHAT",
	 .def = "debian:newest",
	 .begins = {source_begins},
	 .offset = FIELD(source),
	 .help = "debian:SERIES: Debian's package linux-source-SERIES, which is fetched and "
		 "unpacked once; or the folder of a kernel's source, which stays as it is."},
	{.type = OPT_CHOICE,
	 .name = "config",
	 .arg = "NAME",
	 .def = "plain",
	 .choices = recipe_names,
	 .offset = FIELD(config),
	 .help = "plain: small and fast; debug: with KASAN, lockdep, kmemleak and fault injection; "
		 "kcov: with KASAN, and KCOV on the folders of the interface."},
	{.type = OPT_STRING,
	 .name = "output",
	 .arg = "DIR",
	 .offset = FIELD(output),
	 .help = "Where bzImage, config and the rest go, also as -o DIR: a new folder, or one that "
		 "this has made. Default: in the cache."},
	{.type = OPT_COUNT,
	 .name = "jobs",
	 .arg = "N",
	 .def = "0",
	 .max = 1024,
	 .offset = FIELD(jobs),
	 .help = "Compilers at a time; 0: as many as there are CPUs."},
	OPT_TABLE_END,
};

/* What a word of the command line does, with the words behind it. */
struct action {
	const char *name;
	int (*run)(const struct kernel_cli *o, int argc, char **argv, int sigfd, struct errmsg *e);
};

static int list_cached(int sigfd, struct errmsg *e)
{
	struct kernel_entries list;
	char kernels[PATH_MAX / 2];
	int err = kernel_cache_open(kernels, sizeof(kernels), e);

	if (!err)
		err = kernel_cache_list(kernels, &list, e);
	if (err)
		return err;
	for (size_t i = 0; i < list.n && !err; i++) {
		const struct kernel_entry *k = &list.v[i];
		struct debian_want want = {.rt = k->rt};
		char text[64], path[PATH_MAX];
		struct errmsg why;
		int state;

		memcpy(want.series, k->series, sizeof(want.series));
		memcpy(want.arch, k->arch, sizeof(want.arch));
		snprintf(path, sizeof(path), "%s/%s", kernels, k->name);
		state = kernel_cache_check(path, sigfd, &why);
		if (state && state != -ENOENT && state != -EBADMSG) {
			*e = why;
			err = state;
		} else {
			printf("%-22s %-52s %4" PRIu64 " MB  %s\n",
			       debian_want_text(&want, text, sizeof(text)), k->name,
			       (k->size + 999999) / 1000000,
			       !state             ? "ok"
			       : state == -ENOENT ? "not checked: will be fetched again"
						  : "damaged: will be fetched again");
		}
	}
	if (!err && !list.n)
		printf("no kernel in %s\n", kernels);
	kernel_entries_free(&list);
	return err ? err : kernel_build_list(sigfd, e);
}

static int run_list(const struct kernel_cli *o, int argc, char **argv, int sigfd, struct errmsg *e)
{
	if (argc)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "kernel list: unexpected word '%s'",
				  argv[0]);
	return o->available ? debian_print_available(o->arch, sigfd, e) : list_cached(sigfd, e);
}

static int run_fetch(const struct kernel_cli *o, int argc, char **argv, int sigfd, struct errmsg *e)
{
	struct kernel_spec spec;
	char dir[PATH_MAX];
	int err = 0;

	(void)o;
	if (!argc)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "kernel fetch: which? debian:6.12, debian:newest, ...");
	/* All that can be refused is refused before any is fetched. */
	for (int i = 0; i < argc && !err; i++) {
		err = kernel_spec_parse(argv[i], &spec, e);
		if (!err && !spec.debian)
			err = errmsg_set(e, -EINVAL, EXIT_USAGE,
					 "kernel fetch %s: only debian:SERIES can be fetched",
					 argv[i]);
	}
	for (int i = 0; i < argc && !err; i++) {
		err = kernel_spec_parse(argv[i], &spec, e);
		if (!err)
			err = debian_kernel(&spec.want, DEBIAN_HOUR_S, sigfd, dir, sizeof(dir), e);
		if (!err)
			printf("%s\n", dir);
	}
	return err;
}

/* Is @entry one that @word names: the entry itself, or every one of a series? */
static bool named(const struct kernel_entry *entry, const char *word)
{
	struct debian_want want;

	if (!strcmp(entry->name, word))
		return true;
	if (strncmp(word, "debian:", 7) != 0 || debian_want_parse(word + 7, &want, NULL))
		return false;
	return !strcmp(want.series, entry->series) && want.rt == entry->rt &&
	       !strcmp(want.arch, entry->arch);
}

static int clear_entries(const char *kernels, const struct kernel_entries *list, int argc,
			 char **argv, uint64_t *freed, struct errmsg *e)
{
	int err = 0;

	for (int w = 0; w < argc && !err; w++) {
		bool any = false;

		for (size_t i = 0; i < list->n; i++)
			any |= named(&list->v[i], argv[w]);
		if (!any)
			err = errmsg_set(e, -ENOENT, EXIT_USAGE,
					 "kernel clear %s: not in the cache; see irqstorm kernel "
					 "list",
					 argv[w]);
	}
	for (size_t i = 0; i < list->n && !err; i++) {
		bool goes = !argc;

		for (int w = 0; w < argc; w++)
			goes |= named(&list->v[i], argv[w]);
		if (!goes)
			continue;
		err = kernel_cache_remove(kernels, list->v[i].name, e);
		*freed += err ? 0 : list->v[i].size;
	}
	return err;
}

static int run_clear(const struct kernel_cli *o, int argc, char **argv, int sigfd, struct errmsg *e)
{
	char base[PATH_MAX / 4], kernels[PATH_MAX / 2];
	struct kernel_entries list = {0};
	uint64_t freed = 0;
	int err = kernel_cache_dir(base, sizeof(base), e);

	(void)o;
	(void)sigfd;
	if (!err)
		err = kernel_cache_open(kernels, sizeof(kernels), e);
	if (err)
		return err;
	kernel_cache_sweep(kernels);
	err = kernel_cache_list(kernels, &list, e);
	if (!err)
		err = clear_entries(kernels, &list, argc, argv, &freed, e);
	kernel_entries_free(&list);
	if (!err && !argc)
		err = apt_view_clear(base, e);
	if (!err && !argc)
		err = kernel_build_clear(base, e);
	if (!err)
		printf("%" PRIu64 " MB of kernels removed%s\n", (freed + 999999) / 1000000,
		       argc ? "" : ", the lists of Debian's packages, and all that was built");
	return err;
}

static int run_build(const struct kernel_cli *o, int argc, char **argv, int sigfd, struct errmsg *e)
{
	const struct kernel_build build = {.source = o->source,
					   .config = recipe_names[o->config],
					   .out = o->output,
					   .jobs = (uint32_t)o->jobs};
	char image[PATH_MAX];
	int err;

	if (argc)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "kernel build: unexpected word '%s'",
				  argv[0]);
	err = kernel_build(&build, sigfd, image, sizeof(image), e);
	if (!err)
		printf("%s\n", image);
	return err;
}

static const struct action actions[] = {
	{"build", run_build},
	{"list", run_list},
	{"fetch", run_fetch},
	{"clear", run_clear},
};

static int check_usage(const struct kernel_cli *o, const char *action, struct errmsg *e)
{
	bool known = false;

	for (size_t i = 0; arch_begins[i]; i++)
		known |= !strcmp(o->arch, arch_begins[i]);
	if (!known)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--arch %s: there are no guests of it, but of amd64 and arm64",
				  o->arch);
	if (o->available && strcmp(action, "list") != 0)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--available goes with list");
	return 0;
}

static int dispatch(const struct kernel_cli *o, int argc, char **argv, struct errmsg *e)
{
	int sigfd, err;

	if (!argc)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "kernel: want build, list, fetch or clear");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[0], actions[i].name) != 0)
			continue;
		err = check_usage(o, argv[0], e);
		sigfd = err ? -1 : guest_signals(e);
		if (sigfd < 0)
			return err ? err : sigfd;
		err = actions[i].run(o, argc - 1, argv + 1, sigfd, e);
		close(sigfd);
		return err;
	}
	return errmsg_set(e, -EINVAL, EXIT_USAGE, "kernel %s: want build, list, fetch or clear",
			  argv[0]);
}

static int kernel_main(const struct command *cmd, int argc, char **argv)
{
	struct kernel_cli o = {0};
	struct errmsg e = {0};
	int rest, code;

	opt_first(cmd, argc, argv);
	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	code = dispatch(&o, argc - rest, argv + rest, &e);
	if (!code)
		return command_flush(EXIT_PASS);
	log_error("%s", e.text);
	return (int)e.exit;
}

const struct command cmd_kernel = {
	.name = "kernel",
	.summary = "List, fetch, build and remove the kernels that guests boot.",
	.synopsis = "[OPTION...] list|build|fetch KERNEL...|clear [WHAT...]",
	.description =
		"list shows the kernels in the cache and checks them against the sums that were\n"
		"taken when they were unpacked. fetch has the newest of a series there before a\n"
		"guest asks for it, and prints where (vmlinuz and modules/). clear removes those\n"
		"that are named, or all, with the package lists and what was built.\n"
		"\n"
		"build makes a kernel of our own, of Debian's source or of a tree of yours:\n"
		"tinyconfig with what guests need, vfio-pci by group and by cdev (which no kernel\n"
		"of Debian has), and prints the path that --kernel of a guest takes. It takes\n"
		"minutes, 3 GB of the cache for the source and its objects, and gcc, make, flex,\n"
		"bison, bc and libelf-dev. What a stopped build has made is not made again; what\n"
		"is built already is found. An option that the kernel does not take is an error\n"
		"that names it.\n"
		"\n"
		"KERNEL is debian:6.1, debian:7.3, ..., debian:newest; -rt behind it: real-time\n"
		"kernels; /arm64: another architecture's. The releases of Debian are read with an\n"
		"apt of irqstorm's own in the cache, whatever the host runs, by any user; the\n"
		"host's apt is asked for its mirror and its proxies only.\n"
		"\n"
		"Environment: IRQSTORM_MIRROR=URI takes everything from that mirror.\n"
		"IRQSTORM_APT_SOURCES=FILE is an apt sources list (.sources or .list) in the\n"
		"place of ours. The cache is ${XDG_CACHE_HOME:-~/.cache}/irqstorm.\n"
		"\n"
		"Exit code 3: the series is not to be had (it says which are), there is no\n"
		"network, or what came is not what was asked for.\n",
	.examples = "  irqstorm kernel list --available\n"
		    "  irqstorm kernel fetch debian:6.1 debian:6.12 debian:newest\n"
		    "  irqstorm kernel list\n"
		    "  irqstorm kernel clear debian:6.1\n"
		    "  irqstorm kernel build --source debian:7.3 -o own\n"
		    "  irqstorm guest --kernel own/bzImage -- diff --target vfio:auto,via=cdev\n",
	.opts = kernel_opts,
	.mixed = true,
	.run = kernel_main,
};
