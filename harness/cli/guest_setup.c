/* SPDX-License-Identifier: MIT */
#include "cli/guest_setup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "guest/accel.h"
#include "guest/qemu.h"

#define DEVICES "ivshmem"
#define MEMORY  "1G"

static const char *or_default(const char *given, const char *def)
{
	return given ? given : def;
}

const char *guest_default_kernel(void)
{
	return guest_arch_default()->kernel;
}

static bool memory_ok(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits && digits < 8 && (s[digits] == 'M' || s[digits] == 'G') && !s[digits + 1];
}

static int check_usage(const struct guest_options *o, struct errmsg *e)
{
	if (o->memory && !memory_ok(o->memory))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--memory %s: want a size like 512M or 2G", o->memory);
	if (o->append && strpbrk(o->append, "\n\r"))
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--append: one line, please");
	return 0;
}

/* What the guest's architecture rules out. */
static int check_arch(const struct guest_options *o, const struct guest_arch *arch,
		      struct errmsg *e)
{
	bool off = o->intremap == INTREMAP_OFF;

	if (o->smp > arch->smp_max[off])
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--smp %llu: an %s guest has %u at most%s",
				  (unsigned long long)o->smp, arch->title, arch->smp_max[off],
				  off ? " with --intremap off" : "");
	if (o->accel == ACCEL_KVM && arch != guest_arch_own())
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "--accel kvm: this machine virtualizes no %s guests; use --accel "
				  "tcg",
				  arch->title);
	return 0;
}

int guest_signals(struct errmsg *e)
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
	fprintf(f, "irqstorm guest --kernel %s --devices %s --smp %llu",
		or_default(o->kernel, guest_default_kernel()), or_default(o->devices, DEVICES),
		(unsigned long long)o->smp);
	if (o->intremap == INTREMAP_OFF)
		fputs(" --intremap off", f);
	if (o->append) {
		fputs(" --append ", f);
		put_quoted(f, o->append);
	}
	fputs(" --", f);
	err = fclose(f) || setenv("IRQSTORM_VIA", via, 1) ? -errno : 0;
	free(via);
	return err;
}

int guest_setup_init(struct guest_setup *g, const struct guest_options *o,
		     const struct guest_job *job, int sigfd, struct errmsg *e)
{
	struct guest_config *c = &g->c;
	int err;

	memset(g, 0, sizeof(*g));
	c->memory = or_default(o->memory, MEMORY);
	c->smp = (unsigned int)o->smp;
	c->timeout_ns = o->timeout;
	c->append = o->append;
	c->no_intremap = o->intremap == INTREMAP_OFF;
	c->quiet = o->quiet;
	c->sigfd = sigfd;
	c->kernel = &g->kernel;
	c->devices = &g->devices;
	c->qemu = g->qemu;
	c->init = g->init;
	err = check_usage(o, e);
	if (!err)
		err = kernel_spec_parse(or_default(o->kernel, guest_default_kernel()), &g->spec, e);
	if (!err)
		err = devices_parse(or_default(o->devices, DEVICES), &g->devices, e);
	if (!err)
		err = kernel_arch(&g->spec, &c->arch, e);
	if (!err)
		err = check_arch(o, c->arch, e);
	if (!err && !job->sub)
		err = guest_job_program(job, c->arch, g->program, e);
	if (!err)
		err = guest_arch_program(c->arch, g->init, e);
	if (!err)
		err = qemu_find(c->arch, g->qemu, sizeof(g->qemu), e);
	if (err)
		return err;
	err = set_via(o) ? errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory")
			 : crossing_init(&g->x, job->sub, job->argc, job->argv, e);
	if (!err && job->fuzz)
		err = crossing_folders(&g->x, e);
	if (!err)
		err = guest_fresh_init(&g->fresh, job, (uint32_t)o->fresh, &g->x, e);
	if (!err && crossing_tell(&g->x))
		err = errmsg_no_memory(e);
	if (!err && o->keep_log) {
		c->console = fopen(o->keep_log, "we");
		if (!c->console)
			err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot write %s: %s",
					 o->keep_log, strerror(errno));
	}
	c->program = job->sub ? NULL : g->program;
	c->via = getenv("IRQSTORM_VIA");
	c->argv = g->x.argv;
	c->argc = g->x.argc;
	c->in = g->x.in;
	c->n_in = g->x.n_in;
	c->out = g->x.out;
	c->n_out = g->x.n_out;
	return err;
}

int guest_setup_kernel(struct guest_setup *g, const struct guest_options *o, struct errmsg *e)
{
	static const char *const fixed[] = {
		[ACCEL_AUTO] = NULL, [ACCEL_TCG] = "tcg", [ACCEL_KVM] = "kvm"};
	int err = kernel_prepare(&g->spec, g->c.sigfd, &g->kernel, e);

	if (err)
		return err;
	g->c.accel = fixed[o->accel];
	if (o->accel == ACCEL_AUTO)
		return accel_choose(&g->c, &g->c.accel, e);
	if (o->accel == ACCEL_KVM && access("/dev/kvm", R_OK | W_OK))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "--accel kvm: cannot open /dev/kvm: %s; use --accel tcg",
				  strerror(errno));
	return 0;
}

void guest_setup_free(struct guest_setup *g)
{
	kernel_free(&g->kernel);
	if (g->c.console)
		fclose(g->c.console);
	guest_fresh_free(&g->fresh);
	crossing_free(&g->x);
}
