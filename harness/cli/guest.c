/* SPDX-License-Identifier: MIT */
/*
 * irqstorm guest: runs a subcommand inside a kernel in QEMU. The command line is here; guest/ does
 * the rest.
 */
#include <errno.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/guest_fresh.h"
#include "cli/guest_job.h"
#include "cli/guest_session.h"
#include "cli/guest_setup.h"
#include "guest/judge.h"
#include "support/log.h"
#include "support/terminal.h"

static const char *const accel_names[] = {"auto", "tcg", "kvm", NULL};
static const char *const intremap_names[] = {"on", "off", NULL};

#define FRESH_BOOTS 16u

#define FIELD(f) offsetof(struct guest_options, f)

static const char *const kernel_begins[] = {
	"debian:6.12",   "debian:6.1", "debian:7.3", "debian:7.3/arm64",
	"debian:newest", "FILE",       NULL};
static const char *const device_begins[] = {"ivshmem", "edu", "xhci", "nvme", "e1000e", NULL};

static const struct opt guest_opts[] = {
	OPT_HEADING("The machine"),
	{.type = OPT_STRING,
	 .name = "kernel",
	 .arg = "K",
	 .begins = {kernel_begins},
	 .offset = FIELD(kernel),
	 .help = "debian:SERIES fetches Debian's newest kernel of that series (6.1, 6.12, 7.3, "
		 "..., "
		 "newest; 6.12-rt for real-time) from whichever release has it, once; irqstorm "
		 "kernel list --available shows them. PATH[,modules=DIR] boots a bzImage, or an "
		 "arm64 Image, of your own. Modules not found are taken as built in. "
		 "debian:7.3/arm64 is a guest of another architecture. Default: debian:6.12, of "
		 "this "
		 "machine's."},
	{.type = OPT_STRING,
	 .name = "devices",
	 .arg = "LIST",
	 .begins = {device_begins},
	 .offset = FIELD(devices),
	 .help = "What interrupts, separated by commas: ivshmem[=VECTORS], edu, xhci, "
		 "nvme[=VECTORS], "
		 "e1000e. The first is 0000:00:04.0 in the guest, the next 0000:00:05.0, ... "
		 "Default: ivshmem."},
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
	 .offset = FIELD(memory),
	 .help = "Memory, with suffix M or G (default 1G)."},
	{.type = OPT_CHOICE,
	 .name = "accel",
	 .def = "auto",
	 .choices = accel_names,
	 .offset = FIELD(accel),
	 .help = "tcg emulates, kvm virtualizes; auto takes kvm where a trial boot shows that it "
		 "works."},
	{.type = OPT_CHOICE,
	 .name = "intremap",
	 .choices = intremap_names,
	 .offset = FIELD(intremap),
	 .help = "Interrupt remapping of the IOMMU (default on). Without it VFIO is told to allow "
		 "that (vfio_iommu_type1.allow_unsafe_interrupts=1); x86-64 then gives MSI one "
		 "vector at most. Of arm64, on is a GICv3 with its ITS, off a GICv2 with GICv2m."},
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
	 .max = 1000,
	 .offset = FIELD(fresh),
	 .help = "Boots at most to try in fresh guests what diff, explore, minimize or a fuzz "
		 "target "
		 "found on a real device, and to shorten what shows it there (default 16); 0 tries "
		 "nothing. Not with --session, which repeats the whole command in a fresh guest."},
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
	OPT_HEADING("A guest that stays"),
	{.type = OPT_STRING,
	 .name = "session",
	 .arg = "DIR",
	 .offset = FIELD(session),
	 .help = "Run the subcommand in the guest that DIR stands for: the first call boots it, "
		 "later "
		 "ones find it running and take turns. What of the machine is not given is as it "
		 "was booted (one CPU by default); what is given has to be the same."},
	{.type = OPT_FLAG,
	 .name = "end",
	 .offset = FIELD(end),
	 .help = "End the guest of --session DIR; without a subcommand."},
	{.type = OPT_DURATION,
	 .name = "idle",
	 .arg = "TIME",
	 .def = "5m",
	 .min = 1000000000,
	 .offset = FIELD(idle),
	 .help = "A session that is booted ends when nobody has used it for so long."},
	OPT_TABLE_END,
};

/* Everything that can be refused is refused before anything boots. Returns the exit code or -errno.
 */
static int guest(const struct guest_options *o, const struct guest_job *job, int sigfd,
		 struct errmsg *e)
{
	struct guest_setup g;
	struct guest_result r;
	int code = guest_setup_init(&g, o, job, sigfd, e);

	if (!code)
		code = guest_setup_kernel(&g, o, e);
	if (!code) {
		code = guest_run(&g.c, &r, e);
		if (!code) {
			r.code = guest_fresh_settle(&g.fresh, &g.c, &r);
			code = judge_report(&g.c, &r, o->keep_log);
		}
		if (code >= 0 && o->accel == ACCEL_KVM && !r.ready && r.end != GUEST_STOPPED)
			log_note("guest: KVM may not work on this host; try --accel tcg");
		guest_result_free(&r);
	}
	guest_setup_free(&g);
	return code;
}

static int check_usage(struct guest_options *o, int words, struct errmsg *e)
{
	if (!o->session && o->end)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--end: of which --session?");
	if (o->end && words)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--end takes no subcommand");
	/* Its guest keeps what ran before: the whole command is what a fresh one can tell of. */
	if (o->session && o->fresh != FRESH_UNSAID)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--fresh: a --session repeats a command with a finding in a "
				  "fresh guest, and tries no single programs");
	if (o->fresh == FRESH_UNSAID)
		o->fresh = o->session ? 0 : FRESH_BOOTS;
	return 0;
}

static int dispatch(struct guest_options *o, int argc, char **argv, struct errmsg *e)
{
	struct guest_job job = {0};
	int sigfd, code = check_usage(o, argc, e);

	if (!code && !o->end)
		code = guest_job_init(&job, o->fuzz_dir, argc, argv, e);
	if (code)
		goto out;
	if (!o->smp && !o->session)
		o->smp = guest_job_cpus(&job);
	if (!o->timeout && !o->end)
		o->timeout = guest_job_timeout(&job);
	sigfd = guest_signals(e);
	if (sigfd < 0) {
		code = sigfd;
		goto out;
	}
	if (o->end)
		code = guest_session_end(o, sigfd, e);
	else
		code = o->session ? guest_session(o, &job, sigfd, e) : guest(o, &job, sigfd, e);
	close(sigfd);
out:
	guest_job_free(&job);
	return code;
}

static int guest_main(const struct command *cmd, int argc, char **argv)
{
	struct guest_options o = {.intremap = INTREMAP_UNSAID, .fresh = FRESH_UNSAID};
	struct errmsg e = {0};
	int rest, code = command_parse(cmd, argc, argv, &o, &rest);

	if (code >= 0)
		return code;
	terminal_hand_on();
	code = dispatch(&o, argc - rest, argv + rest, &e);
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
		"and its exit code. Inside --target is vfio:auto, the only such device, unless it\n"
		"is given: with several --devices name one, vfio:0000:00:04.0 the first, 05.0 the\n"
		"next. --target emu is the emulator inside the guest.\n"
		"Needs no root and no special hardware. The kernel's log is\n"
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
		"A guest of another architecture than this program's runs the irqstorm that was\n"
		"built for it, beside this one's build: ./bootstrap arm64 makes it.\n"
		"\n"
		"Environment: IRQSTORM_QEMU names another qemu-system-x86_64, IRQSTORM_QEMU_ARM64\n"
		"another qemu-system-aarch64; other IRQSTORM_* variables are passed on. In the\n"
		"guest IRQSTORM_GUEST is 1 and IRQSTORM_DEVICES lists the devices\n"
		"(0000:00:04.0=ivshmem,...). Kernels are kept in\n"
		"${XDG_CACHE_HOME:-~/.cache}/irqstorm.\n",
	.examples = "  irqstorm guest -- info\n"
		    "  irqstorm guest --kernel debian:6.1 -- bench\n"
		    "  irqstorm guest --kernel debian:7.3/arm64 -- info\n"
		    "  irqstorm guest -- stress --json out.json\n"
		    "  irqstorm guest -- run corpus/\n"
		    "  irqstorm guest --session s -- diff --ops 20k\n"
		    "  irqstorm guest --session s --end\n"
		    "  irqstorm guest --devices xhci -- fuzz_irq_device -max_total_time=600\n"
		    "  irqstorm guest --kernel arch/x86/boot/bzImage --devices edu -- info\n",
	.opts = guest_opts,
	.stops = true,
	.run = guest_main,
};
