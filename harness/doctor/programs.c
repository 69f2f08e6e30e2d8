/* SPDX-License-Identifier: MIT */
/* What guests and campaigns need: QEMU, KVM, kernels, and the fuzzing engines. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/checks.h"
#include "guest/accel.h"
#include "guest/kernel.h"
#include "guest/proc.h"
#include "guest/qemu.h"
#include "support/installed.h"

#define QEMU_TRIED 702 /* 7.2, the oldest that guests are known to work with */
#define QEMU_SMP   802 /* 8.2: see guest --help, --smp */

#ifdef __x86_64__
#define LIBFUZZER "libclang_rt.fuzzer-x86_64.a"
#else
#define LIBFUZZER "libclang_rt.fuzzer-aarch64.a"
#endif

void look_qemu(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], said[256] = "";
	const char *argv[] = {path, "--version", NULL}, *at;
	unsigned int major = 0, minor = 0;
	struct errmsg e = {0};
	int err;

	(void)d;
	if (qemu_find(guest_arch_default(), path, sizeof(path), &e)) {
		say(l, DOCTOR_NO, "irqstorm guest does not work", "%s", e.text);
		return;
	}
	err = program_says(argv, said, sizeof(said));
	at = strstr(said, "version ");
	if (err || !at || sscanf(at, "version %u.%u", &major, &minor) != 2)
		say(l, DOCTOR_NO, "irqstorm guest does not work; install it anew",
		    "%.200s --version does not tell a version", path);
	else if (major * 100 + minor < QEMU_TRIED)
		say(l, DOCTOR_NOTE, "7.2 is the oldest that is known to work", "%u.%u", major,
		    minor);
	else if (major * 100 + minor < QEMU_SMP)
		say(l, DOCTOR_OK, NULL,
		    "%u.%u; its TCG is why guests of run, diff and explore have one CPU (8.2 "
		    "mends it)",
		    major, minor);
	else
		say(l, DOCTOR_OK, NULL, "%u.%u", major, minor);
}

void look_kvm(struct doctor *d, struct doctor_line *l)
{
	const struct guest_arch *arch = guest_arch_own();
	char emulated[200];
	const char *tried = accel_remembered();
	char path[PATH_MAX];
	int fd, vm;

	snprintf(emulated, sizeof(emulated), "guests work without, some ten times slower; %s",
		 arch ? arch->kvm : "KVM is not used here");
	fd = open(place(d, "/dev/kvm", path), O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		say(l, DOCTOR_NO,
		    errno == EACCES ? "guests work without, some ten times slower; as root: "
				      "usermod -aG kvm USER, and log in again"
				    : emulated,
		    "/dev/kvm cannot be opened: %s", strerror(errno));
		return;
	}
	vm = d->ops->ask(fd, KVM_GET_API_VERSION, 0);
	if (vm != KVM_API_VERSION) {
		say(l, DOCTOR_NO, emulated, "/dev/kvm does not answer as KVM");
	} else {
		vm = d->ops->ask(fd, KVM_CREATE_VM, 0);
		if (vm < 0)
			say(l, DOCTOR_NO, emulated, "makes no virtual machine: %s", strerror(-vm));
		else if (tried && !strcmp(tried, "tcg"))
			say(l, DOCTOR_NO, emulated,
			    "makes virtual machines, but the trial boot of a guest failed");
		else
			say(l, DOCTOR_OK, NULL, "makes virtual machines%s",
			    tried ? ", and booted a guest"
				  : "; the first guest makes a trial boot to be sure");
		if (vm >= 0)
			close(vm);
	}
	close(fd);
}

/* Names of the kernels in the cache @base, whose modules are unpacked. */
static void cached_kernels(const char *base, char *names, size_t size)
{
	char pattern[PATH_MAX];
	glob_t g = {0};

	*names = '\0';
	snprintf(pattern, sizeof(pattern), "%s/kernels/*/vmlinuz", base);
	if (!glob(pattern, 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			char *end = strrchr(g.gl_pathv[i], '/');
			size_t n = strlen(names);

			*end = '\0';
			snprintf(names + n, size - n, "%s%.90s", n ? ", " : "",
				 strrchr(g.gl_pathv[i], '/') + 1);
		}
	}
	globfree(&g);
}

void look_kernels(struct doctor *d, struct doctor_line *l)
{
	char base[PATH_MAX - 64], path[PATH_MAX], names[256];
	struct errmsg e = {0};
	bool fetches;

	(void)d;
	fetches = !proc_find("apt-get", path, sizeof(path)) &&
		  !proc_find("dpkg-deb", path, sizeof(path));
	if (kernel_cache_dir(base, sizeof(base), &e)) {
		say(l, DOCTOR_NO, "guests need --kernel PATH of your own", "%s", e.text);
		return;
	}
	cached_kernels(base, names, sizeof(names));
	if (*names)
		say(l, DOCTOR_OK, NULL, "in the cache: %s", names);
	else if (fetches)
		say(l, DOCTOR_NOTE, NULL,
		    "none in the cache yet: the first run with debian:SERIES fetches one (100 MB)");
	else
		say(l, DOCTOR_NO,
		    "--kernel debian:SERIES does not work; give --kernel PATH of a bzImage",
		    "none in the cache, and no apt-get and dpkg-deb to fetch one");
}

void look_unpack(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], base[PATH_MAX - 64], names[256] = "";

	(void)d;
	if (!proc_find("xz", path, sizeof(path))) {
		say(l, DOCTOR_OK, NULL, "%s", path);
		return;
	}
	if (!kernel_cache_dir(base, sizeof(base), NULL))
		cached_kernels(base, names, sizeof(names));
	if (*names)
		say(l, DOCTOR_NOTE,
		    "kernels in the cache work; apt-get install xz-utils for another",
		    "xz not found");
	else
		say(l, DOCTOR_NO,
		    "the modules of Debian's kernels cannot be read; apt-get install xz-utils "
		    "(a kernel of your own with VFIO built in does without)",
		    "xz not found");
}

void look_libfuzzer(struct doctor *d, struct doctor_line *l)
{
	static const char *const version[] = {"clang", "--version", NULL};
	static const char *const where[] = {"clang", "-print-file-name=" LIBFUZZER, NULL};
	char said[256], path[PATH_MAX], todo[160];
	unsigned int major = 0;
	const char *at;

	(void)d;
	if (!installed_path("fuzz-bare/fuzz/fuzz_irq_program", path)) {
		say(l, DOCTOR_OK, NULL, "built targets are installed: irqstorm-fuzz");
		return;
	}
	if (program_says(version, said, sizeof(said))) {
		say(l, DOCTOR_NO,
		    "fuzz targets cannot be built for libFuzzer; apt-get install clang "
		    "libclang-rt-dev, or the package irqstorm-fuzz",
		    "clang not found");
		return;
	}
	if (!program_says(where, path, sizeof(path)) && *path == '/' && !access(path, R_OK)) {
		say(l, DOCTOR_OK, NULL, "%s", said);
		return;
	}
	/* the runtime is that of a version: another one's is of no use */
	at = strstr(said, "version ");
	if (at && sscanf(at, "version %u", &major) == 1)
		snprintf(todo, sizeof(todo),
			 "fuzz targets cannot be built for it; apt-get install "
			 "libclang-rt-%u-dev, or the package irqstorm-fuzz",
			 major);
	else
		snprintf(todo, sizeof(todo),
			 "fuzz targets cannot be built for it; apt-get install libclang-rt-dev, "
			 "or the package irqstorm-fuzz");
	say(l, DOCTOR_NO, todo, "%s has no " LIBFUZZER, said);
}

void look_afl(struct doctor *d, struct doctor_line *l)
{
	static const char *const programs[] = {"afl-fuzz", "afl-clang-fast"};
	char path[PATH_MAX];

	(void)d;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (proc_find(programs[i], path, sizeof(path))) {
			say(l, DOCTOR_NO,
			    "campaign --engine afl does not work, libFuzzer may; apt-get install "
			    "afl++",
			    "%s not found", programs[i]);
			return;
		}
	}
	say(l, DOCTOR_OK, NULL, "%s", path);
}
