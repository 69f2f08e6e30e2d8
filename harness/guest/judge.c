/* SPDX-License-Identifier: MIT */
#include "guest/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/last.h"
#include "support/log.h"
#include "support/stopped.h"

#define TAIL_LINES 8

enum verdict judge(const struct guest_result *r)
{
	const struct splat_scan *s = &r->console.scan;

	if (r->end == GUEST_STOPPED)
		return VERDICT_STOPPED;
	if (s->panic[0] && !r->exited) {
		/* A kernel that cannot start has no bug in what is tested, unless it says so. */
		return r->ready || s->found > 1 ? VERDICT_PANIC : VERDICT_BOOT_PANIC;
	}
	if (s->found || (r->tainted & TAINT_SPLAT))
		return VERDICT_SPLAT;
	if (r->end == GUEST_SILENT)
		return VERDICT_SILENT;
	if (r->end == GUEST_TIMEOUT)
		return VERDICT_TIMEOUT;
	return r->exited ? VERDICT_CODE : VERDICT_VANISHED;
}

static void print_splat(const struct splat_scan *s)
{
	for (unsigned int i = 0; i < s->n_lines; i++)
		fprintf(stderr, "  %s\n", s->lines[i]);
}

static void print_tail(const struct console *c)
{
	size_t at = console_tail(c, TAIL_LINES);

	if (at == c->log.len) {
		fputs("  (its console is empty)\n", stderr);
		return;
	}
	while (at < c->log.len) {
		const uint8_t *line = c->log.data + at;
		const uint8_t *nl = memchr(line, '\n', c->log.len - at);
		size_t len = nl ? (size_t)(nl - line) : c->log.len - at;

		at += len + 1;
		while (len && line[len - 1] == '\r')
			len--;
		if (len)
			fprintf(stderr, "  %.*s\n", (int)len, (const char *)line);
	}
}

static void save_log(struct guest_result *r, const char *keep_log)
{
	char path[64];
	int err;

	if (keep_log && !r->console.copy_errno) {
		log_note("guest: the kernel log is in %s", keep_log);
		return;
	}
	if (!r->console.log.len)
		return;
	snprintf(path, sizeof(path), "./irqstorm-guest-%d.log", (int)getpid());
	err = console_save(&r->console, path);
	if (err)
		log_error("cannot save the kernel log as %s: %s", path, strerror(-err));
	else
		log_note("guest: the kernel log is in %s", path);
}

/* What its programs did last, for a guest that ended so that it may have been their doing. */
static void save_last(const struct guest_config *c, const struct guest_result *r,
		      const char *keep_log)
{
	struct last_saved saved;
	struct errmsg e;
	char dir[PATH_MAX];

	if (r->last < 0)
		return;
	if (keep_log)
		snprintf(dir, sizeof(dir), "%s.last", keep_log);
	else
		snprintf(dir, sizeof(dir), "./irqstorm-guest-%d.last", (int)getpid());
	if (last_save(r->last, dir, &saved, &e)) {
		log_error("%s", e.text);
		return;
	}
	if (!saved.n)
		return;
	log_note("guest: the last programs (%u) are in %s, the newest is %s", saved.n, dir,
		 saved.newest);
	if (c->via)
		log_note("guest: repeat that with: %s run --target %s --trace %s", c->via,
			 saved.target, saved.newest);
}

static int report_splat(const struct guest_result *r)
{
	const struct splat_scan *s = &r->console.scan;
	char taint[128];

	splat_taint(r->tainted, taint, sizeof(taint));
	if (!s->found) {
		log_error("guest kernel is tainted %s, but its console shows no report", taint);
		return EXIT_FINDING;
	}
	log_error("guest kernel reported %u problem%s%s%s:", s->found, s->found == 1 ? "" : "s",
		  taint[0] ? "; tainted " : "", taint);
	print_splat(s);
	if (r->end == GUEST_SILENT || r->end == GUEST_TIMEOUT)
		log_note("guest: it then hung and was killed");
	return EXIT_FINDING;
}

static int report_panic(const struct guest_result *r, bool booting)
{
	log_error("guest kernel panicked%s: %s", booting ? " before it could run anything" : "",
		  splat_text(r->console.scan.panic));
	if (booting)
		print_tail(&r->console);
	else
		print_splat(&r->console.scan);
	return booting ? EXIT_ENVIRONMENT : EXIT_FINDING;
}

static int report_hang(const struct guest_config *c, const struct guest_result *r, bool timeout)
{
	if (timeout)
		log_error("guest was not done after %.0f s (--timeout) and was killed; its last "
			  "console lines:",
			  (double)c->timeout_ns / 1e9);
	else if (r->ready)
		log_error("guest hangs: no sign of life for 30 s, killed after %.0f s; its last "
			  "console lines:",
			  (double)r->total_ns / 1e9);
	else
		log_error("guest does not boot: silent for 60 s, killed; its last console lines:");
	print_tail(&r->console);
	return EXIT_ENVIRONMENT;
}

static int report_vanished(const struct guest_config *c, const struct guest_result *r)
{
	char how[64];

	if (WIFSIGNALED(r->qemu_status))
		snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(r->qemu_status));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(r->qemu_status));
	if (r->qemu_says[0])
		log_error("guest stopped without a result: %s %s: %s", c->qemu, how, r->qemu_says);
	else
		log_error("guest stopped without a result: %s %s", c->qemu, how);
	if (r->console.log.len)
		print_tail(&r->console);
	return EXIT_ENVIRONMENT;
}

static int report_code(const struct guest_result *r)
{
	if (r->signal == SIGINT || r->signal == SIGTERM)
		return 128 + r->signal;
	if (r->stop_signal && !r->signal) {
		int code = stopped_code(r->code, r->stop_signal);

		/* irqstorm has said so itself */
		if (r->code < 128 && code != r->code)
			stopped_say(stderr, r->stop_signal,
				    "the subcommand ended with exit code %d, and what it had done "
				    "is here",
				    r->code);
		return code;
	}
	if (r->signal) {
		log_error("the subcommand died in the guest of signal %d (%s)", r->signal,
			  strsignal(r->signal));
		return EXIT_ENVIRONMENT;
	}
	return r->code;
}

/* A program of the user's own tells of a finding as irqstorm does; irqstorm has told all of it. */
static bool ended_badly(const struct guest_config *c, const struct guest_result *r, int code)
{
	if (r->signal)
		return r->signal != SIGINT && r->signal != SIGTERM;
	return c->program && code == EXIT_FINDING;
}

static int report_verdict(const struct guest_config *c, struct guest_result *r,
			  const char *keep_log)
{
	enum verdict v = judge(r);
	int code;

	switch (v) {
	case VERDICT_CODE:
		code = report_code(r);
		if (ended_badly(c, r, code))
			save_last(c, r, keep_log);
		return code;
	case VERDICT_STOPPED:
		stopped_say(stderr, r->stop_signal,
			    r->ready ? "the guest was killed, and the subcommand was not done"
				     : "the guest was booting, and nothing was done");
		return 128 + r->stop_signal;
	case VERDICT_SPLAT:
		code = report_splat(r);
		break;
	case VERDICT_PANIC:
	case VERDICT_BOOT_PANIC:
		code = report_panic(r, v == VERDICT_BOOT_PANIC);
		break;
	case VERDICT_SILENT:
	case VERDICT_TIMEOUT:
		code = report_hang(c, r, v == VERDICT_TIMEOUT);
		break;
	default:
		code = report_vanished(c, r);
	}
	save_log(r, keep_log);
	save_last(c, r, keep_log);
	return code;
}

/* A finding stays a finding; otherwise what went wrong on the way is an environment error. */
static int worse(int code)
{
	return code == EXIT_FINDING ? code : EXIT_ENVIRONMENT;
}

/* Its files were written as they came. */
static int deliver_folder(const struct guest_result *r, const struct guest_outfile *o, int code)
{
	if (o->delivered)
		return code;
	if (o->why.text[0])
		log_error("%s", o->why.text);
	else if (o->begun)
		log_error("%s did not arrive whole from the guest: %u of its files did", o->host,
			  o->files);
	else if (r->exited && code == EXIT_PASS)
		log_error("the guest wrote no %s", o->host);
	else
		return code;
	return worse(code);
}

static int deliver(const struct guest_config *c, const struct guest_result *r, int code)
{
	for (size_t i = 0; i < c->n_out; i++) {
		struct guest_outfile *o = &c->out[i];
		struct errmsg e = {0};

		if (o->folder) {
			code = deliver_folder(r, o, code);
			continue;
		}
		if (o->delivered) {
			if (outfile_commit(&o->file, &e)) {
				log_error("%s", e.text);
				code = worse(code);
			}
			continue;
		}
		outfile_abort(&o->file);
		if (o->begun) {
			log_error("%s did not arrive whole from the guest (%" PRIu64 " of %" PRIu64
				  " bytes): not written",
				  o->host, o->got, o->size);
			code = worse(code);
		} else if (r->exited && code == EXIT_PASS) {
			log_error("the guest wrote no %s", o->host);
			code = worse(code);
		}
	}
	return code;
}

int judge_report(const struct guest_config *c, struct guest_result *r, const char *keep_log)
{
	int code = report_verdict(c, r, keep_log);

	code = deliver(c, r, code);
	if (r->stdout_errno) {
		log_error("cannot pass on the guest's output: %s", strerror(r->stdout_errno));
		code = worse(code);
	}
	if (r->lost && r->exited) {
		log_error("the guest's serial line lost %" PRIu64 " messages: output is incomplete",
			  r->lost);
		code = worse(code);
	}
	if (keep_log && r->console.copy_errno) {
		log_error("cannot write %s: %s", keep_log, strerror(r->console.copy_errno));
		code = worse(code);
	}
	return code;
}
