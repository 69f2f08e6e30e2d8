/* SPDX-License-Identifier: MIT */
/* libFuzzer: progress and findings are lines of its log. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "campaign/engine_private.h"
#include "guest/bytes.h"

/* What it exits with when it was told to end, and when an input took too much memory. */
#define EXIT_INTERRUPTED 72
#define EXIT_MEMORY      71

#define WRITTEN "Test unit written to "

static void command(const struct engine *g, struct words *argv, struct words *env)
{
	const struct engine_config *c = &g->config;

	(void)env;
	words_add(argv, c->paths->target);
	/* 0 would be a seed of its own choice; its own code for a finding others take for a skip.
	 */
	words_addf(argv, "-seed=%u", (unsigned int)(c->seed % 0x7fffffff) + 1);
	words_addf(argv, "-artifact_prefix=%s/", g->dir);
	words_add(argv, "-error_exitcode=1");
	words_add(argv, "-timeout_exitcode=1");
	words_add(argv, "-print_final_stats=1");
	words_add(argv, "-reload=1");
	/* The mutator makes inputs of the right length from the start. */
	words_add(argv, "-len_control=0");
	words_addf(argv, "-timeout=%u", c->timeout_s);
	words_addf(argv, "-max_len=%u", c->max_len);
	if (c->limit_s)
		words_addf(argv, "-max_total_time=%llu", (unsigned long long)c->limit_s);
	if (*c->paths->dict)
		words_addf(argv, "-dict=%s", c->paths->dict);
	words_add_all(argv, c->extra);
	words_add(argv, c->corpus);
}

static uint64_t number_after(const char *line, const char *word, uint64_t otherwise)
{
	const char *at = strstr(line, word);

	return at ? strtoull(at + strlen(word), NULL, 10) : otherwise;
}

/* "#4096\tpulse  cov: 12 ft: 34 corp: 5/100b lim: 4 exec/s: 2048 rss: 30Mb" */
static void take_line(struct engine *g, const char *line)
{
	struct engine_status *s = &g->status;

	if (line[0] == '#' && isdigit((unsigned char)line[1])) {
		s->execs = strtoull(line + 1, NULL, 10);
		s->edges = number_after(line, " ft: ", s->edges);
		s->corpus = number_after(line, " corp: ", s->corpus);
		if (s->seconds > 0)
			s->execs_per_s = (double)s->execs / s->seconds;
	} else if (!strncmp(line, "stat::number_of_executed_units:", 31)) {
		s->execs = strtoull(line + 31, NULL, 10);
		if (s->seconds > 0)
			s->execs_per_s = (double)s->execs / s->seconds;
	}
}

static void look(struct engine *g)
{
	char *text = engine_log_news(g), *save = NULL;
	char *line = text ? strtok_r(text, "\n", &save) : NULL;

	for (; line; line = strtok_r(NULL, "\n", &save))
		take_line(g, line);
	free(text);
}

static int judge_log(struct engine *g, struct errmsg *e)
{
	struct engine_finding *f = &g->finding;
	const char *written, *prefix = NULL;
	struct bytes log = {0};
	int err = bytes_read_file(&log, g->log);

	if (!err)
		err = bytes_append(&log, "", 1);
	if (!err)
		err = replay_judge((const char *)log.data, log.len - 1, &f->verdict);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", g->log, strerror(-err));
		goto out;
	}
	written = strstr((const char *)log.data, WRITTEN);
	if (written) {
		prefix = written + strlen(WRITTEN);
		snprintf(f->input, sizeof(f->input), "%.*s", (int)strcspn(prefix, "\n"), prefix);
	}
	/* Without an input it is a failure of the engine, not a finding. */
	err = f->verdict.shown && *f->input;
	f->execs = g->status.execs;
	f->seconds = g->status.seconds;
out:
	bytes_free(&log);
	return err;
}

static int next(struct engine *g, struct errmsg *e)
{
	if (g->pid || g->seen[0] || !WIFEXITED(g->exit_status) ||
	    (WEXITSTATUS(g->exit_status) != 1 && WEXITSTATUS(g->exit_status) != EXIT_MEMORY))
		return 0;
	*g->finding.input = '\0';
	g->seen[0] = 1;
	return judge_log(g, e);
}

static bool ended_well(const struct engine *g)
{
	int status = g->exit_status;

	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || g->finding.input[0] ||
				     WEXITSTATUS(status) == EXIT_INTERRUPTED);
}

static const char *const complaints[] = {"ERROR: ", NULL};

const struct engine_ops engine_libfuzzer = {
	.command = command,
	.look = look,
	.next = next,
	.ended_well = ended_well,
	.complaints = complaints,
};
