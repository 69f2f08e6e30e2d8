/* SPDX-License-Identifier: MIT */
#include "campaign/findings.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/executor.h"
#include "exec/minimize.h"
#include "exec/target.h"
#include "guest/bytes.h"
#include "guest/fsutil.h"
#include "program/file.h"
#include "program/text.h"
#include "support/outfile.h"

#define TARGET_FILE "target"

/* What an input is filed under that crashed in the engine but not again. */
#define KEY_UNSHOWN "crash:not-shown-again"

static void name_folder(const struct campaign_state *s, struct campaign_finding *f)
{
	size_t n = 0;
	bool taken = true;

	for (const char *p = f->key; *p && n < 100; p++)
		f->folder[n++] = isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '_';
	f->folder[n] = '\0';
	if (f->folder[0] == '.')
		f->folder[0] = '_';
	for (unsigned int suffix = 2; taken; suffix++) {
		taken = false;
		for (size_t i = 0; i < s->n_findings; i++)
			taken |= &s->findings[i] != f && !strcmp(s->findings[i].folder, f->folder);
		if (taken)
			snprintf(f->folder + n, sizeof(f->folder) - n, "-%u", suffix);
	}
}

static int write_to(const char *dir, const char *name, const void *data, size_t len,
		    struct errmsg *e)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT, "%s: too long a name", dir);
	return outfile_write(path, data, len, e);
}

/* What stands after @begin, up to and with the newline that @end begins with; or NULL. */
static const char *between(const char *text, const char *begin, const char *end, size_t *len)
{
	const char *from = text ? strstr(text, begin) : NULL, *to;

	if (!from)
		return NULL;
	from += strlen(begin);
	to = strstr(from, end);
	if (!to)
		return NULL;
	*len = (size_t)(to + 1 - from);
	return from;
}

/* The program of operations in what a target says of a finding. */
struct told_program {
	const char *text; /* NULL: there is none */
	size_t len;
	char target[FINDING_TARGET]; /* what it ran on, a real device for one; "": not told */
};

/* It is the here-document of a command for a shell, which names the target, if anything does. */
static void find_program(const char *told, struct told_program *p)
{
	const char *named, *command = between(told, "<<'EOF'", "\nEOF\n", &p->len), *newline;

	p->text = NULL;
	*p->target = '\0';
	if (!command)
		return;
	newline = strchr(command, '\n');
	named = strstr(command, " --target ");
	if (named && named < newline) {
		named += strlen(" --target ");
		snprintf(p->target, FINDING_TARGET, "%.*s", (int)strcspn(named, " \n"), named);
	}
	p->text = newline + 1;
	p->len -= (size_t)(p->text - command);
}

/* A signal that is to end the campaign ends this, too, and stays for the campaign to see. */
static bool stop_waits(void *data, uint32_t runs, uint32_t ops)
{
	sigset_t pending;

	(void)data;
	(void)runs;
	(void)ops;
	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/*
 * A fuzz target looks behind the answers only when a program is over; step by step the same
 * difference shows earlier, with the operation in its key.
 */
static bool may_be(const char *key, const char *seen)
{
	size_t len = strlen(key);

	return !strcmp(key, seen) || (len > 4 && !strcmp(key + len - 4, ":end"));
}

/* @p shorter, if this build's emulator shows the same finding; it is no error when not. */
static int shorten(const struct finding_context *c, struct campaign_finding *f, struct program *p,
		   const char *dir, struct errmsg *e)
{
	struct minimize_options o = {.replays = 1, .budget_ns = c->minimize_ns, .stop = stop_waits};
	const char *bug = getenv("IRQSTORM_BUG");
	char *spec = target_with_bug("emu", bug && *bug ? bug : NULL, NULL), *text = NULL;
	struct minimize_result m = {0};
	struct exec_result r = {0};
	struct executor x = {0};
	struct errmsg ignored;
	size_t size = 0;
	FILE *out;
	int err = 0;

	if (!spec || executor_open(&x, spec, &ignored))
		goto out;
	x.inspect_every = 1;
	if (minimize_with(&x, &o, p, &r, &m, &ignored) || !m.shown_after || !may_be(f->key, r.key))
		goto out;
	out = open_memstream(&text, &size);
	if (!out)
		goto out;
	fprintf(out, "# %s\n# %s\n", r.key, r.text);
	text_print(p, out);
	fclose(out);
	err = write_to(dir, "minimized.irq", text, size, e);
	f->ops_min = m.after;
	snprintf(f->program_key, sizeof(f->program_key), "%s", r.key);
out:
	free(text);
	free(spec);
	executor_close(&x);
	return err;
}

static int write_program(const struct finding_context *c, struct campaign_finding *f,
			 const struct replay_verdict *v, const struct told_program *told,
			 const char *dir, struct errmsg *e)
{
	struct errmsg ignored;
	struct program p;
	size_t len = 0;
	const char *text = between(v->text, "<<'GUEST'\n", "\nGUEST\n", &len);
	int err;

	if (text)
		return write_to(dir, "program.guest", text, len, e);
	if (!told->text)
		return 0;
	err = write_to(dir, "program.irq", told->text, told->len, e);
	if (!err && *told->target)
		err = write_to(dir, TARGET_FILE, told->target, strlen(told->target), e);
	if (err)
		return err;
	program_init(&p);
	if (!program_load_bytes(told->text, told->len, "program.irq", &p, &ignored)) {
		f->ops = p.n;
		/* on a device of its own the way there is long: irqstorm minimize --target */
		if (c->minimize_ns && !*told->target)
			err = shorten(c, f, &p, dir, e);
	}
	program_free(&p);
	return err;
}

bool finding_has_program(const char *folder)
{
	static const char *const programs[] = {"program.irq", "program.guest"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", folder, programs[i]) <
			    (int)sizeof(path) &&
		    !access(path, R_OK))
			return true;
	}
	return false;
}

void finding_target(const char *folder, char target[FINDING_TARGET])
{
	char path[PATH_MAX];
	FILE *f = NULL;

	if (snprintf(path, sizeof(path), "%s/" TARGET_FILE, folder) < (int)sizeof(path))
		f = fopen(path, "re");
	if (!f || !fgets(target, FINDING_TARGET, f))
		*target = '\0';
	if (f)
		fclose(f);
}

static int count_replays(const struct finding_context *c, struct campaign_finding *f,
			 const char *input, struct errmsg *e)
{
	bool hang = !strcmp(f->key, "hang");

	/* Each of them takes all of its time. */
	f->replays = hang ? 2 : FINDING_REPLAYS;
	for (uint64_t i = 0; i < f->replays; i++) {
		struct replay_verdict v;
		int err = replay_input(c->paths->target, input, NULL, c->timeout_s, &v, e);

		if (err)
			return err;
		f->shown += v.shown && !strcmp(v.key, f->key);
		replay_free(&v);
	}
	return 0;
}

/* @word as one word of a shell. */
static void put_word(FILE *f, const char *word)
{
	if (*word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789._-/:=,+@")]) {
		fputs(word, f);
		return;
	}
	fputc('\'', f);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", f);
		else
			fputc(*word, f);
	}
	fputc('\'', f);
}

/* "NAME=" or "--option " and @value, if there is one. */
static void put_setting(FILE *f, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fputs(name, f);
	put_word(f, value);
	fputc(' ', f);
}

static void make_repeat(const struct finding_context *c, struct campaign_finding *f,
			const struct told_program *told, const char *input)
{
	FILE *out = fmemopen(f->repeat, sizeof(f->repeat), "w");

	if (!out)
		return;
	put_setting(out, "IRQSTORM_BUG=", getenv("IRQSTORM_BUG"));
	put_setting(out, "IRQSTORM_TARGET=", told->target);
	put_word(out, c->paths->target);
	fputc(' ', out);
	put_word(out, input);
	fclose(out);
	f->repeat[sizeof(f->repeat) - 1] = '\0';
}

static int write_readme(const struct finding_context *c, const struct campaign_finding *f,
			const struct told_program *told, const char *dir, struct errmsg *e)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int err;

	if (!out)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	fprintf(out, "key       %s\nwhat      %s\n", f->key, f->what);
	fprintf(out, "found     by %s %s after %llu executions, %.1f s\n",
		engine_names[c->paths->kind], c->paths->name, (unsigned long long)f->execs,
		f->seconds);
	fprintf(out, "shown     by %llu of %llu replays\n", (unsigned long long)f->shown,
		(unsigned long long)f->replays);
	fprintf(out, "\nRepeat with:\n  %s\n", f->repeat);
	if (f->ops) {
		fprintf(out, "\nAs a program (%llu operations", (unsigned long long)f->ops);
		if (f->ops_min)
			fprintf(out, ", made shorter: %llu", (unsigned long long)f->ops_min);
		fputs("), in this folder:\n  irqstorm run ", out);
		put_setting(out, "--target ", told->target);
		put_setting(out, "--bug ", getenv("IRQSTORM_BUG"));
		fprintf(out, "%s\n", f->ops_min ? "minimized.irq" : "program.irq");
		if (f->ops_min && strcmp(f->key, f->program_key))
			fprintf(out, "which compares after each operation and calls it %s\n",
				f->program_key);
	}
	fputs("\nfinding.txt is what the target said.\n", out);
	fclose(out);
	err = write_to(dir, "README", text, size, e);
	free(text);
	return err;
}

static int copy_input(const char *from, const char *dir, struct errmsg *e)
{
	struct bytes b = {0};
	int err = bytes_read_file(&b, from);

	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", from, strerror(-err));
	else
		err = write_to(dir, "input", b.data, b.len, e);
	bytes_free(&b);
	return err;
}

static int fill_folder(const struct finding_context *c, struct campaign_finding *f,
		       const char *from, const struct replay_verdict *v, struct errmsg *e)
{
	char dir[PATH_MAX], input[PATH_MAX];
	struct told_program told;
	int err;

	if (snprintf(dir, sizeof(dir), "%s/%s", c->dir, f->folder) >= (int)sizeof(dir) ||
	    snprintf(input, sizeof(input), "%s/input", dir) >= (int)sizeof(input))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT, "%s: too long a name",
				  c->dir);
	if (mkdir(dir, 0777) && errno != EEXIST) {
		err = -errno;
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make %s: %s", dir,
				  strerror(-err));
	}
	find_program(v->text, &told);
	make_repeat(c, f, &told, input);
	err = copy_input(from, dir, e);
	if (!err)
		err = write_to(dir, "finding.txt", v->text ? v->text : f->what,
			       strlen(v->text ? v->text : f->what), e);
	if (!err)
		err = count_replays(c, f, input, e);
	if (!err)
		err = write_program(c, f, v, &told, dir, e);
	if (!err)
		err = write_readme(c, f, &told, dir, e);
	/* Nothing half done: its input is still with the engine, for the next session to file. */
	if (err)
		fs_remove_tree(dir);
	return err;
}

int findings_add(const struct finding_context *c, struct campaign_state *s, const char *input,
		 const struct replay_verdict *v, uint64_t execs, double seconds, struct errmsg *e)
{
	const char *key = v->shown ? v->key : KEY_UNSHOWN;
	struct campaign_finding *f = state_finding(s, key);
	int err;

	if (f) {
		f->hits++;
		return 0;
	}
	f = state_add(s, key);
	if (!f)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	snprintf(f->what, sizeof(f->what), "%s",
		 v->shown ? v->what : "the engine saw a crash that a replay does not show");
	f->hits = 1;
	f->execs = execs;
	f->seconds = seconds;
	f->session = s->sessions;
	name_folder(s, f);
	err = fill_folder(c, f, input, v, e);
	if (err)
		s->n_findings--;
	return err ? err : 1;
}
