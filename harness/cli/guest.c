/* SPDX-License-Identifier: MIT */
/*
 * irqstorm guest: runs a subcommand inside a kernel in QEMU. The command line is here; guest/ does
 * the rest.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/guest_fresh.h"
#include "cli/guest_job.h"
#include "guest/accel.h"
#include "guest/crossing.h"
#include "guest/guest.h"
#include "guest/initramfs.h"
#include "guest/judge.h"
#include "guest/qemu.h"
#include "support/log.h"

struct guest_options {
	const char *kernel, *devices, *memory, *append, *keep_log, *fuzz_dir;
	uint64_t smp, timeout, fresh;
	uint32_t accel, intremap;
	bool quiet;
};

enum accel_choice { ACCEL_AUTO, ACCEL_TCG, ACCEL_KVM };

static const char *const accel_names[] = {"auto", "tcg", "kvm", NULL};

enum intremap_choice { INTREMAP_ON, INTREMAP_OFF };

static const char *const intremap_names[] = {"on", "off", NULL};

#define FIELD(f) offsetof(struct guest_options, f)

static const char *const kernel_begins[] = {"debian:6.12", "debian:6.1", "FILE", NULL};
static const char *const device_begins[] = {"ivshmem", "edu", "xhci", "nvme", "e1000e", NULL};

static const struct opt guest_opts[] = {
	OPT_HEADING("The machine"),
	{.type = OPT_STRING,
	 .name = "kernel",
	 .arg = "K",
	 .def = "debian:6.12",
	 .begins = {kernel_begins},
	 .offset = FIELD(kernel),
	 .help = "debian:SERIES fetches Debian's current kernel of that series (6.12, 6.1, ...) "
		 "with "
		 "apt, once; PATH[,modules=DIR] boots a bzImage of your own. Modules not found are "
		 "taken as built in."},
	{.type = OPT_STRING,
	 .name = "devices",
	 .arg = "LIST",
	 .def = "ivshmem",
	 .begins = {device_begins},
	 .offset = FIELD(devices),
	 .help = "What interrupts, separated by commas: ivshmem[=VECTORS], edu, xhci, "
		 "nvme[=VECTORS], "
		 "e1000e. The first is 0000:00:04.0 in the guest, the next 0000:00:05.0, ..."},
	{.type = OPT_COUNT,
	 .name = "smp",
	 .arg = "N",
	 .min = 1,
	 .max = 64,
	 .offset = FIELD(smp),
	 .help = "CPUs (default 2; 1 for run, diff and explore, which use one: QEMU's TCG before "
		 "8.2 can end or lose an interrupt with more). 1 for fuzz targets, too."},
	{.type = OPT_STRING,
	 .name = "memory",
	 .arg = "SIZE",
	 .def = "1G",
	 .offset = FIELD(memory),
	 .help = "Memory, with suffix M or G."},
	{.type = OPT_CHOICE,
	 .name = "accel",
	 .def = "auto",
	 .choices = accel_names,
	 .offset = FIELD(accel),
	 .help = "tcg emulates, kvm virtualizes; auto takes kvm where a trial boot shows that it "
		 "works."},
	{.type = OPT_CHOICE,
	 .name = "intremap",
	 .def = "on",
	 .choices = intremap_names,
	 .offset = FIELD(intremap),
	 .help = "Interrupt remapping of the IOMMU. Without it MSI gives one vector at most, and "
		 "VFIO is told to allow it (vfio_iommu_type1.allow_unsafe_interrupts=1)."},
	{.type = OPT_STRING,
	 .name = "append",
	 .arg = "TEXT",
	 .offset = FIELD(append),
	 .help = "More for the kernel's command line. MODULE.PARAM=VALUE reaches the VFIO modules "
		 "too: --append vfio-pci.nointxmask=1."},
	OPT_HEADING("The run"),
	{.type = OPT_DURATION,
	 .name = "timeout",
	 .arg = "TIME",
	 .min = 1000000000,
	 .offset = FIELD(timeout),
	 .help = "Kill a guest that is not done by then (default 10m; with a fuzz target's "
		 "-max_total_time that and 2m, if it is more)."},
	{.type = OPT_COUNT,
	 .name = "fresh",
	 .arg = "N",
	 .def = "16",
	 .max = 1000,
	 .offset = FIELD(fresh),
	 .help = "Boots at most to try in fresh guests what diff, explore, minimize or a fuzz "
		 "target "
		 "found on a real device, and to shorten what shows it there; 0 tries nothing."},
	{.type = OPT_STRING,
	 .name = "fuzz-dir",
	 .arg = "DIR",
	 .offset = FIELD(fuzz_dir),
	 .help = "Where the fuzz target is (default: in the build folder fuzz-bare, beside that of "
		 "this irqstorm)."},
	{.type = OPT_STRING,
	 .name = "keep-log",
	 .arg = "FILE",
	 .offset = FIELD(keep_log),
	 .help = "Keep the kernel's log, whatever the outcome. Without this it is kept as "
		 "irqstorm-guest-PID.log when something is wrong."},
	{.type = OPT_FLAG,
	 .name = "quiet",
	 .offset = FIELD(quiet),
	 .help = "Say nothing about the guest itself."},
	OPT_TABLE_END,
};

static bool memory_ok(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits && digits < 8 && (s[digits] == 'M' || s[digits] == 'G') && !s[digits + 1];
}

static int check_usage(const struct guest_options *o, struct errmsg *e)
{
	if (!memory_ok(o->memory))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--memory %s: want a size like 512M or 2G", o->memory);
	if (o->append && strpbrk(o->append, "\n\r"))
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--append: one line, please");
	return 0;
}

static int open_signals(struct errmsg *e)
{
	struct sigaction hup;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* Under nohup a hang-up is no reason to stop; a shell's background job still takes Ctrl-C.
	 */
	if (sigaction(SIGHUP, NULL, &hup) || hup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A reader of our output that goes away shall not end us before the guest is ended. */
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "signalfd: %s", strerror(errno));
	return fd;
}

static int boot(struct guest_config *c, enum accel_choice accel, const char *keep_log,
		struct guest_fresh *fresh, struct errmsg *e)
{
	static const char *const fixed[] = {
		[ACCEL_AUTO] = NULL, [ACCEL_TCG] = "tcg", [ACCEL_KVM] = "kvm"};
	struct guest_result r;
	int code = 0;

	c->accel = fixed[accel];
	if (accel == ACCEL_AUTO)
		code = accel_choose(c, &c->accel, e);
	if (code)
		return code;
	if (accel == ACCEL_KVM && access("/dev/kvm", R_OK | W_OK))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "--accel kvm: cannot open /dev/kvm: %s; use --accel tcg",
				  strerror(errno));
	code = guest_run(c, &r, e);
	if (!code) {
		r.code = guest_fresh_settle(fresh, c, &r);
		code = judge_report(c, &r, keep_log);
		if (accel == ACCEL_KVM && !r.ready && r.end != GUEST_STOPPED)
			log_note("guest: KVM may not work on this host; try --accel tcg");
	}
	guest_result_free(&r);
	return code;
}

/* @text in single quotes for a shell. */
static int put_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, f);
	return fputc('\'', f);
}

/* What a repeat command printed inside must begin with: passed on as an environment variable. */
static int set_via(const struct guest_options *o)
{
	char *via = NULL;
	size_t size;
	FILE *f = open_memstream(&via, &size);
	int err;

	if (!f)
		return -errno;
	fprintf(f, "irqstorm guest --kernel %s --devices %s --smp %llu", o->kernel, o->devices,
		(unsigned long long)o->smp);
	if (o->intremap != INTREMAP_ON)
		fprintf(f, " --intremap %s", intremap_names[o->intremap]);
	if (o->append) {
		fputs(" --append ", f);
		put_quoted(f, o->append);
	}
	fputs(" --", f);
	err = fclose(f) || setenv("IRQSTORM_VIA", via, 1) ? -errno : 0;
	free(via);
	return err;
}

/* Everything that can be refused is refused before anything boots. Returns the exit code or -errno.
 */
static int guest(const struct guest_options *o, const struct guest_job *job, struct errmsg *e)
{
	struct guest_config c = {
		.memory = o->memory,
		.smp = (unsigned int)o->smp,
		.timeout_ns = o->timeout,
		.append = o->append,
		.no_intremap = o->intremap == INTREMAP_OFF,
		.quiet = o->quiet,
		.sigfd = -1,
	};
	struct kernel kernel = {0};
	struct crossing x = {0};
	struct guest_fresh fresh = {0};
	struct kernel_spec spec;
	struct devices devices;
	struct bytes self = {0};
	char qemu[PATH_MAX];
	int err = check_usage(o, e);

	if (!err)
		err = kernel_spec_parse(o->kernel, &spec, e);
	if (!err)
		err = devices_parse(o->devices, &devices, e);
	if (!err)
		err = initramfs_program(&self, "/proc/self/exe", true, e);
	bytes_free(&self);
	if (!err)
		err = qemu_find(qemu, sizeof(qemu), e);
	if (err)
		return err;
	c.sigfd = open_signals(e);
	if (c.sigfd < 0)
		return c.sigfd;
	err = set_via(o) ? errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory")
			 : crossing_init(&x, job->sub, job->argc, job->argv, e);
	if (!err && job->fuzz)
		err = crossing_folders(&x, e);
	if (!err)
		err = guest_fresh_init(&fresh, job, (uint32_t)o->fresh, &x, e);
	if (!err && o->keep_log) {
		c.console = fopen(o->keep_log, "we");
		if (!c.console)
			err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot write %s: %s",
					 o->keep_log, strerror(errno));
	}
	if (!err)
		err = kernel_prepare(&spec, c.sigfd, &kernel, e);
	if (err)
		goto out;
	c.kernel = &kernel;
	c.devices = &devices;
	c.qemu = qemu;
	c.program = job->sub ? NULL : job->program;
	c.via = getenv("IRQSTORM_VIA");
	c.argv = x.argv;
	c.argc = x.argc;
	c.in = x.in;
	c.n_in = x.n_in;
	c.out = x.out;
	c.n_out = x.n_out;
	err = boot(&c, (enum accel_choice)o->accel, o->keep_log, &fresh, e);
out:
	kernel_free(&kernel);
	if (c.console)
		fclose(c.console);
	guest_fresh_free(&fresh);
	crossing_free(&x);
	close(c.sigfd);
	return err;
}

static int guest_main(const struct command *cmd, int argc, char **argv)
{
	struct guest_options o = {0};
	struct errmsg e = {0};
	struct guest_job job;
	int rest, code = command_parse(cmd, argc, argv, &o, &rest);

	if (code >= 0)
		return code;
	code = guest_job_init(&job, o.fuzz_dir, argc - rest, argv + rest, &e);
	if (!o.smp)
		o.smp = guest_job_cpus(&job);
	if (!o.timeout)
		o.timeout = guest_job_timeout(&job);
	if (!code)
		code = guest(&o, &job, &e);
	guest_job_free(&job);
	if (code >= 0)
		return code;
	log_error("%s", e.text);
	return (int)e.exit;
}

const struct command cmd_guest = {
	.name = "guest",
	.summary = "Run a subcommand inside a kernel in QEMU, on real vfio-pci devices.",
	.synopsis = "[OPTION...] -- SUBCOMMAND [ARG...]",
	.description =
		"Boots a kernel in QEMU with an IOMMU and interrupting PCI devices bound to\n"
		"vfio-pci, runs `irqstorm SUBCOMMAND` inside, and returns its output, its files\n"
		"and its exit code. Needs no root and no special hardware. The kernel's log is\n"
		"watched: BUG, WARNING, KASAN, lockdep, RCU stalls, hung tasks, lockups and\n"
		"panics make the run a finding (exit 1).\n"
		"\n"
		"Files that the subcommand's options and words name cross by themselves, both\n"
		"ways; a folder among the words stands for its *.irq files, sorted. A SUBCOMMAND\n"
		"with a slash in it is a static program of your own, and fuzz_irq_device the\n"
		"fuzz target of the preset fuzz-bare, with libFuzzer's options.\n"
		"What the guest's programs did last survives a kernel that dies: after a bad end\n"
		"the last 16 are in irqstorm-guest-PID.last/, as programs for `irqstorm run`.\n"
		"What diff, explore, minimize or a fuzz target found on a real device is tried in\n"
		"guests booted for it (--fresh) before its program is shown; one that depends on\n"
		"earlier programs is shown with them, in irqstorm-guest-PID.sequence/.\n"
		"Ctrl-C asks the subcommand to stop and still delivers; a second one kills.\n"
		"\n"
		"Environment: IRQSTORM_QEMU names another qemu-system-x86_64; other IRQSTORM_*\n"
		"variables are passed on. In the guest IRQSTORM_GUEST is 1 and IRQSTORM_DEVICES\n"
		"lists the devices (0000:00:04.0=ivshmem,...). Kernels are kept in\n"
		"${XDG_CACHE_HOME:-~/.cache}/irqstorm.\n",
	.examples = "  irqstorm guest -- info --target vfio:auto\n"
		    "  irqstorm guest --kernel debian:6.1 -- bench --target vfio:auto\n"
		    "  irqstorm guest -- stress --target vfio:auto --json out.json\n"
		    "  irqstorm guest -- run --target vfio:auto corpus/\n"
		    "  irqstorm guest --devices xhci -- fuzz_irq_device -max_total_time=600\n"
		    "  irqstorm guest --kernel arch/x86/boot/bzImage --devices edu -- info\n",
	.opts = guest_opts,
	.run = guest_main,
};
