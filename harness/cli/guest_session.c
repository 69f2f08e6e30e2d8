/* SPDX-License-Identifier: MIT */
#include "cli/guest_session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "guest/cmdfile.h"
#include "guest/judge.h"
#include "guest/qemu.h"
#include "guest/session.h"
#include "support/log.h"

#define KERNEL_MAX (2 * PATH_MAX + 16)
#define TRIES      5 /* a session may end while a command waits for its turn */

/* A command with a seed of its own choice could not be repeated: choose it here. */
static int pin_seed(struct guest_job *job, char *seed, size_t size)
{
	int i = 1, slot;
	const struct opt *o;
	size_t prefix;
	char **argv;
	bool has = false;

	for (o = job->sub ? job->sub->opts : NULL; o && o->type != OPT_END; o++)
		has |= o->type == OPT_SEED && !strcmp(o->name, "seed");
	while (has && (o = opt_next(job->sub, job->argc, job->argv, &i, &slot, &prefix)))
		has = o->type != OPT_SEED;
	if (!has)
		return 0;
	argv = reallocarray(job->argv, (size_t)job->argc + 3, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	snprintf(seed, size, "--seed=0x%016" PRIx64, command_random_seed());
	memmove(argv + 2, argv + 1, ((size_t)job->argc - 1) * sizeof(*argv));
	argv[1] = seed;
	job->argv = argv;
	job->argc++;
	return 0;
}

/* Which content a path has, without reading it. */
static const char *stamp(const char *path, char *buf, size_t size)
{
	struct stat st;

	if (stat(path, &st))
		snprintf(buf, size, "%s", strerror(errno));
	else
		snprintf(buf, size, "%lld bytes of %lld.%09ld", (long long)st.st_size,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return buf;
}

/* The same for two callers in two folders. @text is left as it is where it cannot be read. */
static void absolute_kernel(const char *text, char buf[static KERNEL_MAX])
{
	struct kernel_spec spec;
	char image[PATH_MAX], modules[PATH_MAX];

	snprintf(buf, KERNEL_MAX, "%s", text);
	if (kernel_spec_parse(text, &spec, NULL) || spec.debian || !realpath(spec.image, image))
		return;
	if (!spec.modules[0])
		snprintf(buf, KERNEL_MAX, "%s", image);
	else if (realpath(spec.modules, modules))
		snprintf(buf, KERNEL_MAX, "%s,modules=%s", image, modules);
}

static const char *devices_text(const char *text, char *buf, size_t size)
{
	struct devices d;

	if (!devices_parse(text, &d, NULL))
		return devices_format(&d, buf, size);
	snprintf(buf, size, "%s", text);
	return buf;
}

static void add(struct bytes *b, int *err, const char *key, const char *value)
{
	if (!*err && value)
		*err = cmdfile_add(b, key, value);
}

/* Of the kernel @text; NULL when that cannot be told, which who boots it will say. */
static const struct guest_arch *arch_of(const char *text)
{
	const struct guest_arch *arch = NULL;
	struct kernel_spec spec;

	if (!text || kernel_spec_parse(text, &spec, NULL) || kernel_arch(&spec, &arch, NULL))
		return NULL;
	return arch;
}

/* What is given in @o, and what has to be the same always; @kernel_there: the session's kernel. */
static int describe(const struct guest_options *o, const char *kernel_there, struct bytes *b)
{
	static const char *const accels[] = {NULL, "tcg", "kvm"};
	static const char *const intremaps[] = {"on", "off", NULL};
	const struct guest_arch *arch = arch_of(kernel_there);
	char kernel[KERNEL_MAX], devices[256], qemu[PATH_MAX], init[PATH_MAX], buf[128];
	struct kernel_spec spec;
	int err = 0;

	if (o->kernel) {
		absolute_kernel(o->kernel, kernel);
		add(b, &err, "--kernel", kernel);
		if (!kernel_spec_parse(kernel, &spec, NULL) && !spec.debian)
			add(b, &err, "image of", stamp(spec.image, buf, sizeof(buf)));
	}
	if (o->devices)
		add(b, &err, "--devices", devices_text(o->devices, devices, sizeof(devices)));
	if (o->smp) {
		snprintf(buf, sizeof(buf), "%" PRIu64, o->smp);
		add(b, &err, "--smp", buf);
	}
	add(b, &err, "--memory", o->memory);
	add(b, &err, "--accel", accels[o->accel]);
	add(b, &err, "--intremap", intremaps[o->intremap]);
	add(b, &err, "--append", o->append);
	/* What cannot be found is told by who needs it. */
	if (arch && !qemu_find(arch, qemu, sizeof(qemu), NULL))
		add(b, &err, "QEMU", qemu);
	if (arch && !guest_arch_program(arch, init, NULL))
		add(b, &err, "an irqstorm of", stamp(init, buf, sizeof(buf)));
	return err;
}

/* What of the machine is not said is as the session has it. */
static void adopt(struct guest_options *o, const struct session_call *s)
{
	const char *accel = cmdfile_next(&s->about, NULL, "--accel"), *smp, *intremap;

	o->kernel = cmdfile_next(&s->about, NULL, "--kernel");
	o->devices = cmdfile_next(&s->about, NULL, "--devices");
	o->memory = cmdfile_next(&s->about, NULL, "--memory");
	o->append = cmdfile_next(&s->about, NULL, "--append");
	smp = cmdfile_next(&s->about, NULL, "--smp");
	o->smp = smp ? strtoull(smp, NULL, 10) : 1;
	intremap = cmdfile_next(&s->about, NULL, "--intremap");
	o->intremap = intremap && !strcmp(intremap, "off") ? INTREMAP_OFF : INTREMAP_ON;
	o->accel = accel && !strcmp(accel, "kvm") ? ACCEL_KVM : ACCEL_TCG;
}

/* One CPU serves every subcommand; more is for who asks, see --smp. */
static void complete(struct guest_options *o)
{
	o->kernel = o->kernel ? o->kernel : guest_default_kernel();
	o->devices = o->devices ? o->devices : "ivshmem";
	o->memory = o->memory ? o->memory : "1G";
	o->smp = o->smp ? o->smp : 1;
	if (o->intremap == INTREMAP_UNSAID)
		o->intremap = INTREMAP_ON;
}

/* True when there was something, which is a finding though it is not this command's. */
static bool tell_unreported(const struct session_call *s)
{
	struct bytes text = {0};
	bool found = !session_unreported(s, &text) && !bytes_append(&text, "", 1);

	if (found) {
		log_error("guest: %s", (char *)text.data);
		log_note("guest: the kernel log is in %s/" SESSION_LOG, s->dir);
	}
	bytes_free(&text);
	return found;
}

static bool is_finding(const struct guest_result *r)
{
	switch (judge(r)) {
	case VERDICT_CODE:
		return r->code == EXIT_FINDING && !r->signal;
	case VERDICT_SPLAT:
	case VERDICT_PANIC:
		return true;
	default:
		return false;
	}
}

enum shown { SHOWN_TOO, SHOWN_NOT, SHOWN_UNKNOWN };

/* The same command in a guest that did nothing before. */
static enum shown repeat(struct guest_setup *g, const struct guest_options *o)
{
	struct guest_config c;
	struct guest_result r;
	struct errmsg e = {0};
	enum shown shown = SHOWN_UNKNOWN;

	if (!o->quiet)
		log_note("guest: a finding: repeating the command in a fresh guest");
	if (!g->kernel.image[0] && guest_setup_kernel(g, o, &e))
		goto failed;
	c = g->c;
	c.mute = c.quiet = true;
	c.n_out = 0;
	c.console = NULL;
	c.held = NULL;
	if (guest_run(&c, &r, &e)) {
		guest_result_free(&r);
		goto failed;
	}
	if (is_finding(&r))
		shown = SHOWN_TOO;
	else if (judge(&r) == VERDICT_CODE && !r.signal)
		shown = SHOWN_NOT;
	else
		errmsg_set(&e, -EIO, EXIT_ENVIRONMENT, "it did not run to its end there");
	guest_result_free(&r);
failed:
	if (shown == SHOWN_UNKNOWN)
		log_error("guest: cannot tell whether a fresh guest shows it, too: %s", e.text);
	return shown;
}

static void tell_shown(enum shown shown, const struct guest_result *r)
{
	if (shown == SHOWN_TOO)
		log_note("guest: it shows in a fresh guest, too");
	else if (shown == SHOWN_NOT && r->turn > 1)
		log_error("guest: it does not show in a fresh guest: it depends on what ran before "
			  "in the session (this was command %u), or on chance; the session ends",
			  r->turn);
	else if (shown == SHOWN_NOT)
		log_error("guest: it does not show in another fresh guest: it depends on chance; "
			  "the session ends");
}

static int end_session(const char *dir, int sigfd, struct errmsg *e)
{
	struct session_call s;
	int err = session_open(&s, dir, sigfd, e);

	if (!err && s.live)
		err = session_end(&s, e);
	session_close(&s);
	return err == -EPIPE ? 0 : err;
}

static int conclude(struct guest_setup *g, const struct guest_options *o, struct guest_result *r,
		    struct errmsg *e)
{
	bool finding = is_finding(r);
	enum shown shown = finding ? repeat(g, o) : SHOWN_UNKNOWN;
	int err = g->c.held->len ? write_all(STDOUT_FILENO, g->c.held->data, g->c.held->len) : 0;
	int code;

	if (err && !r->stdout_errno)
		r->stdout_errno = -err;
	code = judge_report(&g->c, r, o->keep_log);
	if (!finding)
		return code;
	tell_shown(shown, r);
	if (shown == SHOWN_NOT && end_session(o->session, g->c.sigfd, e))
		log_error("%s", e->text);
	return code;
}

/* Boot if there is none. On success .live, and @g is what runs there. */
static int enter(struct session_call *s, struct guest_options *o, const struct guest_job *job,
		 struct guest_setup *g, struct errmsg *e)
{
	struct bytes wanted = {0};
	int err = 0;

	if (s->live) {
		err = describe(o, cmdfile_next(&s->about, NULL, "--kernel"), &wanted)
			      ? errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "no memory")
			      : session_compare(s, &wanted, e);
		adopt(o, s);
	} else {
		complete(o);
	}
	if (!err)
		err = guest_setup_init(g, o, job, s->sigfd, e);
	if (err || s->live) {
		g->c.accel = o->accel == ACCEL_KVM ? "kvm" : "tcg";
		goto out;
	}
	err = guest_setup_kernel(g, o, e);
	if (err)
		goto out;
	o->accel = strcmp(g->c.accel, "kvm") ? ACCEL_TCG : ACCEL_KVM;
	err = describe(o, o->kernel, &wanted)
		      ? errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "no memory")
		      : session_boot(s, &g->c, &wanted, o->idle, e);
out:
	bytes_free(&wanted);
	return err;
}

/* One try: -EPIPE when the session ended before the command began. */
static int attempt(const struct guest_options *given, const struct guest_job *job, int sigfd,
		   bool *found, struct errmsg *e)
{
	struct guest_options o = *given;
	struct guest_setup g = {0};
	struct session_call s;
	struct guest_result r;
	struct bytes held = {0};
	int err = session_open(&s, o.session, sigfd, e);

	if (err)
		goto out;
	*found |= tell_unreported(&s);
	err = enter(&s, &o, job, &g, e);
	if (err)
		goto out;
	g.c.held = &held;
	g.c.hold = job->sub != NULL;
	err = session_run(&s, &g.c, &r, e);
	if (!err) {
		err = conclude(&g, &o, &r, e);
		guest_result_free(&r);
	}
out:
	guest_setup_free(&g);
	session_close(&s);
	bytes_free(&held);
	return err;
}

int guest_session(struct guest_options *o, const struct guest_job *job, int sigfd, struct errmsg *e)
{
	struct guest_job pinned = *job;
	bool found = false;
	char seed[40];
	int err = -EPIPE;

	pinned.argv = calloc((size_t)job->argc + 2, sizeof(*pinned.argv));
	if (!pinned.argv)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	memcpy(pinned.argv, job->argv, (size_t)job->argc * sizeof(*pinned.argv));
	if (pin_seed(&pinned, seed, sizeof(seed)))
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	for (int i = 0; err == -EPIPE && i < TRIES; i++)
		err = attempt(o, &pinned, sigfd, &found, e);
	free(pinned.argv);
	return found && err == EXIT_PASS ? EXIT_FINDING : err;
}

int guest_session_end(const struct guest_options *o, int sigfd, struct errmsg *e)
{
	struct session_call s;
	bool found;
	int err = session_open(&s, o->session, sigfd, e);

	if (!err && s.live)
		err = session_end(&s, e);
	else if (!err && !o->quiet)
		log_note("guest: no session runs in %s", s.dir);
	found = (!err || err == -EPIPE) && tell_unreported(&s);
	session_close(&s);
	if (err && err != -EPIPE)
		return err;
	return found ? EXIT_FINDING : EXIT_PASS;
}
