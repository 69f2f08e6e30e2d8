/* SPDX-License-Identifier: MIT */
/*
 * AFL++: one afl-fuzz. Progress is the last line of plot_data (every 5 s) and, once it ended,
 * fuzzer_stats; findings are files in crashes/ and hangs/, which are replayed to tell what they
 * are.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/engine_private.h"
#include "guest/fsutil.h"

static const char *const wants[] = {
	"AFL_NO_UI=1",           "AFL_SKIP_CPUFREQ=1",
	"AFL_NO_AFFINITY=1",     "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1",
	"AFL_NO_CRASH_README=1", NULL,
};

static void command(const struct engine *g, struct words *argv, struct words *env)
{
	const struct engine_config *c = &g->config;

	words_add_all(env, wants);
	if (*c->paths->mutator) {
		words_addf(env, "AFL_CUSTOM_MUTATOR_LIBRARY=%s", c->paths->mutator);
		/* It changes bytes, too, now and then: no stage of havoc on top. */
		words_add(env, "AFL_CUSTOM_MUTATOR_ONLY=1");
	}
	words_add(argv, c->paths->fuzzer);
	words_add(argv, c->main ? "-M" : "-S");
	words_add(argv, c->instance);
	words_addf(argv, "-s%u", (unsigned int)(c->seed % 0x7fffffff) + 1);
	words_addf(argv, "-t%u", c->timeout_s * 1000);
	words_addf(argv, "-G%u", c->max_len);
	if (c->limit_s)
		words_addf(argv, "-V%llu", (unsigned long long)c->limit_s);
	if (*c->paths->dict)
		words_add_all(argv, (const char *const[]){"-x", c->paths->dict, NULL});
	words_add_all(argv, (const char *const[]){"-i", c->corpus, "-o", c->out, NULL});
	words_add_all(argv, c->extra);
	words_add_all(argv, (const char *const[]){"--", c->paths->target, NULL});
}

static FILE *open_in(const struct engine *g, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", g->dir, name);

	return n > 0 && (size_t)n < sizeof(path) ? fopen(path, "re") : NULL;
}

/*
 * relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size,
 * saved_crashes, saved_hangs, max_depth, execs_per_sec, total_execs, edges_found
 */
static void look_at_plot(struct engine *g)
{
	struct engine_status *s = &g->status;
	unsigned long long corpus, execs, edges;
	FILE *f = open_in(g, "plot_data");
	char line[512];
	double rate;

	if (!f)
		return;
	/* The file grows by a line in 5 s: its end is enough. */
	if (fseek(f, -1024, SEEK_END))
		rewind(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   "%*u, %*u, %*u, %llu, %*u, %*u, %*[^,], %*u, %*u, %*u, %lf, %llu, %llu",
			   &corpus, &rate, &execs, &edges) != 4)
			continue;
		s->corpus = corpus;
		s->execs_per_s = rate;
		s->execs = execs;
		s->edges = edges;
	}
	fclose(f);
}

static void look_at_stats(struct engine *g)
{
	FILE *f = open_in(g, "fuzzer_stats");
	unsigned long long value;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "execs_done : %llu", &value) == 1)
			g->status.execs = value;
		else if (sscanf(line, "corpus_count : %llu", &value) == 1)
			g->status.corpus = value;
		else if (sscanf(line, "edges_found : %llu", &value) == 1)
			g->status.edges = value;
		else
			sscanf(line, "execs_per_sec : %lf", &g->status.execs_per_s);
	}
	if (f)
		fclose(f);
}

static void look(struct engine *g)
{
	if (g->pid)
		look_at_plot(g);
	else
		look_at_stats(g);
}

/* "id:000000,sig:06,src:000000,time:53,execs:1234,op:havoc,rep:2" */
static void read_name(struct engine_finding *f, const struct engine *g)
{
	const char *name = strrchr(f->input, '/');
	const char *at = name ? strstr(name, ",time:") : NULL;
	const char *execs = name ? strstr(name, ",execs:") : NULL;

	f->seconds = at ? strtod(at + 6, NULL) / 1e3 : g->status.seconds;
	f->execs = execs ? strtoull(execs + 7, NULL, 10) : g->status.execs;
}

/* File number g->seen[@which] of folder @name: 1 when it is there and shows something, or is @sure.
 */
static int next_in(struct engine *g, int which, const char *name, bool sure, struct errmsg *e)
{
	struct engine_finding *f = &g->finding;
	char dir[PATH_MAX], id[32];
	struct stat st;
	int err;

	if (snprintf(dir, sizeof(dir), "%s/%s", g->dir, name) >= (int)sizeof(dir))
		return 0;
	for (;;) {
		snprintf(id, sizeof(id), "id:%06llu,", (unsigned long long)g->seen[which]);
		/* One that is empty is about to be written. */
		if (fs_find(dir, id, "", 0, f->input, sizeof(f->input)) || stat(f->input, &st) ||
		    !st.st_size)
			return 0;
		g->seen[which]++;
		read_name(f, g);
		err = replay_input(g->config.paths->target, f->input, g->config.env,
				   g->config.timeout_s, &f->verdict, e);
		if (err)
			return err;
		if (f->verdict.shown || sure)
			return 1;
		replay_free(&f->verdict);
	}
}

/* A hang may be nothing but a busy machine: one that the replay does not show is none. */
static int next(struct engine *g, struct errmsg *e)
{
	int got = next_in(g, 0, "crashes", true, e);

	return got ? got : next_in(g, 1, "hangs", false, e);
}

static bool runs(long pid, const char *program)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%ld/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return !strcmp(path, program);
}

/*
 * The target's processes have a session of their own, and an afl-fuzz that gives up leaves one
 * behind, stopped for ever. As subreaper we are its parent then, and no afl-fuzz that runs is: its
 * own children are not ours.
 */
static void gone(const struct engine *g)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	long pid;

	while (f && fscanf(f, "%ld", &pid) == 1) {
		if (!runs(pid, g->config.paths->target))
			continue;
		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, 0);
	}
	if (f)
		fclose(f);
}

static bool ended_well(const struct engine *g)
{
	return WIFEXITED(g->exit_status) && WEXITSTATUS(g->exit_status) == 0;
}

static const char *const complaints[] = {"PROGRAM ABORT : ", "SYSTEM ERROR : ", NULL};

const struct engine_ops engine_afl = {
	.command = command,
	.look = look,
	.next = next,
	.gone = gone,
	.ended_well = ended_well,
	.complaints = complaints,
};
