/* SPDX-License-Identifier: MIT */
#include "cli/guest_fresh.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/finding.h"
#include "guest/bytes.h"
#include "guest/judge.h"
#include "guest/last.h"
#include "program/binary.h"
#include "program/file.h"
#include "program/text.h"
#include "support/crossed.h"
#include "support/log.h"
#include "support/tmpdir.h"

#define WHERE     "in a fresh guest"
#define PRINT_OPS 40u /* operations of a sequence that are shown, not only kept */

/* What was handed over, and where it is tried. */
struct trial {
	struct fresh f; /* the first member */
	struct guest_fresh *g;
	const struct guest_config *c;
	char target[256], inspect[16];
	struct exec_result found;
	struct program shortened;
	bool has_shortened;
	struct sequence s;
	struct settled settled;
};

/* A file named -, as a word or behind an option's =. */
static bool takes_stdout(const struct guest_job *job)
{
	for (int i = 1; i < job->argc; i++) {
		size_t len = strlen(job->argv[i]);

		if (!strcmp(job->argv[i], "-") ||
		    (len > 1 && !strcmp(job->argv[i] + len - 2, "=-")))
			return true;
	}
	return false;
}

int guest_fresh_init(struct guest_fresh *g, const struct guest_job *job, uint32_t max_boots,
		     struct crossing *x, struct errmsg *e)
{
	const char *tmp = tmpdir(), *inside;
	int err;

	memset(g, 0, sizeof(*g));
	unsetenv("IRQSTORM_FINDING");
	g->fuzz = job->fuzz;
	g->minimize = job->sub == &cmd_minimize;
	g->stdout_taken = takes_stdout(job);
	g->max_boots = max_boots;
	if (!max_boots ||
	    (!job->fuzz && !g->minimize && job->sub != &cmd_diff && job->sub != &cmd_explore))
		return 0;
	snprintf(g->dir, sizeof(g->dir), "%s/irqstorm-finding-XXXXXX",
		 strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(g->dir)) {
		err = -errno;
		g->dir[0] = '\0';
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make a folder in %s: %s",
				  tmp && *tmp ? tmp : "/tmp", strerror(-err));
	}
	err = crossing_out_folder(x, g->dir, &inside, e);
	if (!err && setenv("IRQSTORM_FINDING", inside, 1))
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	return err;
}

static void remove_files(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

void guest_fresh_free(struct guest_fresh *g)
{
	char below[96];

	if (!g->dir[0])
		return;
	snprintf(below, sizeof(below), "%s/try", g->dir);
	remove_files(below);
	remove_files(g->dir);
	g->dir[0] = '\0';
	unsetenv("IRQSTORM_FINDING");
}

/* What the guest wrote, into @out, with a 0 at its end. */
static int take_output(int fd, struct bytes *out)
{
	int err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : bytes_read_fd(out, fd);

	return err ? err : bytes_append(out, NULL, 1);
}

/*
 * "/in/0.00.irq: DIFFERENCE (counter) after operation 3: fire msix 0\n  TEXT\n  key KEY\n", as run
 * tells of the @i-th program.
 */
static bool differs(const char *text, uint32_t i, const char *key, struct exec_result *r)
{
	const char *at, *operation, *said;
	size_t len = strlen(key);
	char head[64];

	snprintf(head, sizeof(head), "/in/%u.%02u.irq: DIFFERENCE (", i, i);
	at = strstr(text, head);
	said = at ? strstr(at, "\n  key ") : NULL;
	if (!said || strncmp(said + 7, key, len) || said[7 + len] != '\n')
		return false;
	operation = strstr(at, " after operation ");
	r->at = operation && operation < said ? (uint32_t)strtoul(operation + 17, NULL, 10) - 1 : 0;
	return true;
}

static int judge_trial(const struct guest_result *r, struct errmsg *e)
{
	static const char *const why[] = {
		[VERDICT_CODE] = "the program died there",
		[VERDICT_SPLAT] = "its kernel reported a problem",
		[VERDICT_PANIC] = "its kernel panicked",
		[VERDICT_BOOT_PANIC] = "its kernel panicked before it could run anything",
		[VERDICT_SILENT] = "it gave no sign of life",
		[VERDICT_TIMEOUT] = "it was not done in time (--timeout)",
		[VERDICT_VANISHED] = "QEMU ended before it",
		[VERDICT_STOPPED] = "it was stopped by a signal",
	};
	enum verdict v = judge(r);

	if (r->signal == SIGINT || r->signal == SIGTERM)
		v = VERDICT_STOPPED;
	if (v == VERDICT_CODE && !r->signal && r->code != EXIT_ENVIRONMENT)
		return 0;
	return errmsg_set(e, v == VERDICT_STOPPED ? -EINTR : -EIO, EXIT_ENVIRONMENT,
			  "a fresh guest could not try it: %s", why[v]);
}

static int boot_with(struct trial *t, int argc, char **argv, struct bytes *out, struct errmsg *e)
{
	struct guest_config c = *t->c;
	struct guest_result r;
	struct crossing x = {0};
	int err = crossing_init(&x, &cmd_run, argc, argv, e);

	/* What the guest before called its files is not what this one's are called. */
	unsetenv(CROSSED_VARIABLE);
	c.capture = err ? -1 : memfd_create("irqstorm-fresh", MFD_CLOEXEC);
	if (!err && c.capture < 0)
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot keep a guest's output: %s",
				 strerror(errno));
	if (err)
		goto out;
	c.program = NULL;
	c.console = NULL;
	c.quiet = true;
	c.argv = x.argv;
	c.argc = x.argc;
	c.in = x.in;
	c.n_in = x.n_in;
	c.out = x.out;
	c.n_out = x.n_out;
	err = guest_run(&c, &r, e);
	if (!err) {
		err = judge_trial(&r, e);
		guest_result_free(&r);
	}
	if (!err && take_output(c.capture, out))
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
out:
	if (c.capture >= 0)
		close(c.capture);
	crossing_free(&x);
	return err;
}

static int guest_shows(struct fresh *f, const struct program *const *p, uint32_t n,
		       const struct exec_result *want, uint32_t *which, struct exec_result *r,
		       struct errmsg *e)
{
	struct trial *t = (struct trial *)f;
	char dir[96], paths[SEQUENCE_MAX][112];
	char *argv[SEQUENCE_MAX + 6] = {"run", "--target", t->target, "--inspect", t->inspect};
	struct sequence s = {.n = n};
	struct bytes out = {0};
	int err, argc = 5, ret = 0;

	snprintf(dir, sizeof(dir), "%s/try", t->g->dir);
	for (uint32_t i = 0; i < n; i++) {
		s.p[i] = *p[i]; /* lent */
		snprintf(paths[i], sizeof(paths[i]), "%s/%02u.irq", dir, i);
		argv[argc++] = paths[i];
	}
	err = finding_save_sequence(dir, &s, e);
	if (!err)
		err = boot_with(t, argc, argv, &out, e);
	*r = *want;
	for (uint32_t i = 0; !err && !ret && i < n; i++) {
		*which = i;
		ret = differs((const char *)out.data, i, want->key, r);
	}
	bytes_free(&out);
	return err ? err : ret;
}

static int load(const char *dir, const char *name, struct program *p, struct errmsg *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	program_init(p);
	return access(path, R_OK) ? -ENOENT : program_load(path, p, e);
}

/* The last programs: what was handed over, or what is left in the guest's memory. */
static int load_last(struct trial *t, int last, struct errmsg *e)
{
	struct last_saved saved;
	char name[16];
	int err = t->g->fuzz ? last_save(last, t->g->dir, &saved, e) : 0;

	while (!err && t->s.n < SEQUENCE_MAX) {
		snprintf(name, sizeof(name), "%02u.irq", t->s.n);
		err = load(t->g->dir, name, &t->s.p[t->s.n], e);
		if (!err)
			t->s.n++;
	}
	return err == -ENOENT && t->s.n ? 0 : err;
}

/* 1: there is something to try. */
static int take_over(struct trial *t, int last, struct errmsg *e)
{
	char path[PATH_MAX];
	FILE *f;
	int err, lines = 0;

	snprintf(path, sizeof(path), "%s/%s", t->g->dir, FINDING_HANDED_KEY);
	f = fopen(path, "re");
	if (!f)
		return 0;
	lines += fgets(t->found.key, sizeof(t->found.key), f) != NULL;
	lines += fgets(t->target, sizeof(t->target), f) != NULL;
	lines += fgets(t->inspect, sizeof(t->inspect), f) != NULL;
	fclose(f);
	t->inspect[strcspn(t->inspect, "\n")] = '\0';
	t->found.key[strcspn(t->found.key, "\n")] = '\0';
	t->target[strcspn(t->target, "\n")] = '\0';
	t->found.difference = DIFF_RETURN; /* any: the guest has told which */
	err = lines == 3 ? load(t->g->dir, FINDING_HANDED_PROGRAM, &t->shortened, e) : -EINVAL;
	t->has_shortened = !err;
	if (!err || err == -ENOENT)
		err = load_last(t, last, e);
	if (err && !*e->text)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "what the guest handed over is not whole");
	return err ? err : 1;
}

/* The lines that a saved program begins with, and what is new to say; then the program. */
static void rewrite_text(FILE *f, const char *old, const struct finding *found, const char *dir)
{
	while (*old == '#') {
		size_t len = strcspn(old, "\n");

		fprintf(f, "%.*s\n", (int)len, old);
		old += len + (old[len] == '\n');
	}
	if (found->settled->verdict == FRESH_NOT_SHOWN)
		fputs("# does not show it alone " WHERE "\n", f);
	if (*dir)
		fprintf(f, "# %s: the programs that ran before are in %s\n",
			found->settled->verdict == FRESH_SEQUENCE
				? "depends on earlier programs"
				: "may depend on earlier programs",
			dir);
	text_print(found->p, f);
}

static json_t *json_of(const struct program *p)
{
	char *text = text_of(p);
	json_t *string = json_string(text);

	free(text);
	return string;
}

/* False: it is no result with a difference. */
static bool rewrite_json(FILE *f, const char *old, const struct finding *found)
{
	json_t *root = json_loads(old, 0, NULL);
	json_t *d = json_object_get(root, "first_divergence"), *all = json_array();

	for (uint32_t i = 0; i < found->sequence->n; i++)
		json_array_append_new(all, json_of(&found->sequence->p[i]));
	if (d) {
		json_object_set_new(d, "program", json_of(found->p));
		json_object_set_new(d, "fresh",
				    json_string(fresh_verdict_names[found->settled->verdict]));
		json_object_del(d, "sequence");
		if (found->settled->verdict != FRESH_ALONE)
			json_object_set(d, "sequence", all);
		json_dumpf(root, f, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
		fputc('\n', f);
	}
	json_decref(all);
	json_decref(root);
	return d != NULL;
}

/* What came out of the guest before it was tried: the program in it may not be the one to show. */
static void rewrite_file(struct guest_outfile *o, const struct finding *found, const char *dir)
{
	struct bytes old = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *f;
	bool changed = true;

	if (o->folder || !o->delivered || !o->file.f || !o->file.tmp || fflush(o->file.f) ||
	    bytes_read_file(&old, o->file.tmp) || bytes_append(&old, NULL, 1)) {
		bytes_free(&old);
		return;
	}
	f = open_memstream(&text, &size);
	if (f && old.data[0] == '{')
		changed = rewrite_json(f, (const char *)old.data, found);
	else if (f && old.data[0] == '#')
		rewrite_text(f, (const char *)old.data, found, dir);
	else
		changed = f && !binary_save(found->p, f);
	if (f && !fclose(f) && changed && !fseek(o->file.f, 0, SEEK_SET) &&
	    !ftruncate(fileno(o->file.f), 0))
		fwrite(text, 1, size, o->file.f); /* a failure shows when it is committed */
	free(text);
	bytes_free(&old);
}

static uint32_t operations(const struct sequence *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->p[i].n;
	return n;
}

static void print(const struct trial *t, const struct finding *found, const char *dir)
{
	enum fresh_verdict verdict = t->settled.verdict;
	FILE *to = t->g->stdout_taken ? stderr : stdout;

	if (verdict == FRESH_ALONE)
		fprintf(to, "%s shows it alone " WHERE " (%u booted).\n",
			t->g->fuzz ? "The last program" : "This program", t->settled.runs);
	if (verdict == FRESH_SEQUENCE && *dir && operations(&t->s) > PRINT_OPS)
		fprintf(to,
			"It depends on earlier programs: no program shows it alone " WHERE ". %u "
			"with %u operations do, one after another: they are in %s; repeat with:\n  "
			"%s "
			"run --target %s %s\n",
			t->s.n, operations(&t->s), dir, finding_command(), t->target, dir);
	else if (!t->g->fuzz || verdict != FRESH_ALONE)
		finding_print_programs(to, found, WHERE);
	if (verdict == FRESH_SEQUENCE && !t->settled.complete)
		fprintf(to,
			"(%u boots ended the search: --fresh allows more, and it may get "
			"smaller)\n",
			t->settled.runs);
	fflush(to);
}

/* Tells what it came to, and keeps the programs where one alone is not enough. */
static void tell(struct trial *t, const struct guest_config *c)
{
	bool alone = t->settled.verdict == FRESH_ALONE;
	bool as_shortened = t->has_shortened && t->settled.verdict != FRESH_SEQUENCE && !alone;
	struct finding found = {
		.r = &t->found,
		.p = as_shortened ? &t->shortened : &t->s.p[t->s.n - 1],
		.settled = &t->settled,
		.sequence = &t->s,
		.target = t->target,
	};
	struct errmsg e = {0};
	char dir[64] = "";

	if (!alone && t->s.n > 1) {
		snprintf(dir, sizeof(dir), "./irqstorm-guest-%d.sequence", (int)getpid());
		if (finding_save_sequence(dir, &t->s, &e)) {
			log_error("%s", e.text);
			dir[0] = '\0';
		}
	}
	found.folder = *dir ? dir : NULL;
	print(t, &found, dir);
	for (size_t i = 0; i < c->n_out; i++)
		rewrite_file(&c->out[i], &found, dir);
}

int guest_fresh_settle(struct guest_fresh *g, const struct guest_config *c,
		       const struct guest_result *r)
{
	struct trial *t = calloc(1, sizeof(*t));
	struct errmsg e = {0};
	int code = r->code, ret;

	if (!t || !g->dir[0] || !r->exited) {
		free(t);
		return code;
	}
	t->f = (struct fresh){
		.shows = guest_shows,
		.max_runs = g->max_boots < 3 ? 3 : g->max_boots,
		.keep_alone = g->fuzz,
	};
	t->g = g;
	t->c = c;
	ret = take_over(t, r->last, &e);
	if (ret > 0) {
		if (!c->quiet)
			log_note("guest: trying the finding in fresh guests, at most %u",
				 t->f.max_runs);
		ret = sequence_settle(&t->f, t->has_shortened ? &t->shortened : NULL, &t->s,
				      &t->found, &t->settled, &e);
		/* what it got to before an error was seen in a fresh guest, too */
		tell(t, c);
	}
	if (ret < 0)
		log_error("%s", e.text);
	if (g->minimize && t->s.n && t->settled.verdict != FRESH_ALONE && code == EXIT_PASS)
		code = EXIT_UNTRUSTED;
	program_free(&t->shortened);
	sequence_free(&t->s);
	free(t);
	return code;
}
