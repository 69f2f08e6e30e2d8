/* SPDX-License-Identifier: MIT */
#include "campaign/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/engine_private.h"
#include "support/clock.h"

#define LOG_NEWS_MAX (4u << 20)

const char *const engine_names[] = {"libfuzzer", "afl", NULL};
static const struct engine_ops *const all_ops[] = {&engine_libfuzzer, &engine_afl};

static int join(char path[PATH_MAX], const char *dir, const char *name, const char *suffix)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", dir, name, suffix);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static void set_defaults(struct engine_config *c)
{
	c->instance = c->instance ? c->instance : "main";
	c->timeout_s = c->timeout_s ? c->timeout_s : 10;
	c->max_len = c->max_len ? c->max_len : 1024;
}

int engine_start(struct engine *g, const struct engine_config *c, struct errmsg *e)
{
	struct words *argv = calloc(2, sizeof(*argv)), *env = argv + 1;
	int fd = -1, err;
	pid_t pid;

	memset(g, 0, sizeof(*g));
	g->config = *c;
	set_defaults(&g->config);
	g->ops = all_ops[c->paths->kind];
	err = argv ? 0 : -ENOMEM;
	if (!err)
		err = join(g->dir, c->out, g->config.instance, "");
	if (!err)
		err = join(g->log, c->out, g->config.instance, ".log");
	if (!err && mkdir(g->dir, 0777) && errno != EEXIST)
		err = -errno;
	if (!err) {
		fd = open(g->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		err = fd < 0 ? -errno : 0;
	}
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write to %s: %s", c->out,
			   strerror(-err));
		goto out;
	}
	/* What an engine leaves behind comes to us, to be ended. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	g->ops->command(g, argv, env);
	words_add_all(env, g->config.env);
	g->start_ns = clock_ns();
	pid = child_start(argv, env, fd);
	if (pid < 0)
		err = errmsg_set(e, pid, EXIT_ENVIRONMENT, "cannot start %s: %s", argv->at[0],
				 strerror(-pid));
	else
		g->pid = pid;
out:
	if (fd >= 0)
		close(fd);
	free(argv);
	return err;
}

char *engine_log_news(struct engine *g)
{
	FILE *f = fopen(g->log, "re");
	char *text = NULL, *last;
	struct stat st;
	size_t n = 0;

	if (!f)
		return NULL;
	if (!fstat(fileno(f), &st) && st.st_size > g->log_at && !fseek(f, g->log_at, SEEK_SET)) {
		size_t want = (size_t)(st.st_size - g->log_at);

		want = want < LOG_NEWS_MAX ? want : LOG_NEWS_MAX;
		text = malloc(want + 1);
		n = text ? fread(text, 1, want, f) : 0;
	}
	fclose(f);
	if (!text)
		return NULL;
	/* Half a line waits for its other half. */
	text[n] = '\0';
	last = strrchr(text, '\n');
	if (!last) {
		free(text);
		return NULL;
	}
	last[1] = '\0';
	g->log_at += last + 1 - text;
	return text;
}

/* True once the process is gone. */
static bool reap(struct engine *g, bool wait)
{
	int status;
	pid_t got;

	if (!g->pid)
		return true;
	g->status.seconds = (double)(clock_ns() - g->start_ns) / 1e9;
	do {
		got = waitpid(g->pid, &status, wait ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (!got)
		return false;
	g->exit_status = got == g->pid ? status : 0;
	/* What it started must not outlive it. */
	kill(-g->pid, SIGKILL);
	g->pid = 0;
	if (g->ops->gone)
		g->ops->gone(g);
	return true;
}

/* What follows the words with which this engine gives up, or NULL. */
static const char *complaint(const struct engine *g, const char *line)
{
	for (const char *const *words = g->ops->complaints; *words; words++) {
		const char *at = strstr(line, *words);

		if (at)
			return at + strlen(*words);
	}
	return NULL;
}

/* The line with which it complained last, else its last line. */
static void why(const struct engine *g, char *text, size_t size)
{
	FILE *f = fopen(g->log, "re");
	char line[512];
	bool found = false;

	snprintf(text, size, "it says nothing");
	while (f && fgets(line, sizeof(line), f)) {
		const char *at = complaint(g, line);
		size_t n = 0;

		if (!at && (found || line[0] == '\n'))
			continue;
		found |= at != NULL;
		at = at ? at : line;
		/* Without the colours of a terminal. */
		for (; *at && *at != '\n' && n + 1 < size; at++) {
			if (*at == '\033')
				at += strcspn(at, "m");
			else
				text[n++] = *at;
			if (!*at)
				break;
		}
		text[n] = '\0';
	}
	if (f)
		fclose(f);
}

static enum engine_state failed(const struct engine *g, struct errmsg *e)
{
	char text[400];

	why(g, text, sizeof(text));
	if (WIFSIGNALED(g->exit_status))
		errmsg_set(e, -ECHILD, EXIT_ENVIRONMENT, "%s was killed by signal %d: %s; see %s",
			   engine_names[g->config.paths->kind], WTERMSIG(g->exit_status), text,
			   g->log);
	else
		errmsg_set(e, -ECHILD, EXIT_ENVIRONMENT, "%s gave up (exit code %d): %s; see %s",
			   engine_names[g->config.paths->kind], WEXITSTATUS(g->exit_status), text,
			   g->log);
	return ENGINE_FAILED;
}

enum engine_state engine_poll(struct engine *g, struct errmsg *e)
{
	bool gone = reap(g, false);
	int got;

	g->ops->look(g);
	replay_free(&g->finding.verdict);
	got = g->ops->next(g, e);
	if (got)
		return got < 0 ? ENGINE_FAILED : ENGINE_FOUND;
	if (!gone)
		return ENGINE_RUNNING;
	if (!g->stopped && !g->ops->ended_well(g))
		return failed(g, e);
	return ENGINE_ENDED;
}

static void signal_all(struct engine *const g[], uint32_t n, int sig)
{
	for (uint32_t i = 0; i < n; i++) {
		if (g[i]->pid)
			kill(-g[i]->pid, sig);
	}
}

static bool all_gone(struct engine *const g[], uint32_t n, uint64_t patience)
{
	uint64_t end = clock_ns() + patience;

	for (;;) {
		bool gone = true;

		for (uint32_t i = 0; i < n; i++)
			gone &= reap(g[i], false);
		if (gone || clock_ns() >= end)
			return gone;
		clock_sleep_until(clock_ns() + 10 * NSEC_PER_MSEC);
	}
}

void engine_stop_all(struct engine *const g[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (g[i]->pid)
			g[i]->stopped = true;
	}
	signal_all(g, n, SIGINT);
	if (!all_gone(g, n, 5 * NSEC_PER_SEC)) {
		signal_all(g, n, SIGTERM);
		if (!all_gone(g, n, 2 * NSEC_PER_SEC)) {
			signal_all(g, n, SIGKILL);
			for (uint32_t i = 0; i < n; i++)
				reap(g[i], true);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		if (g[i]->ops)
			g[i]->ops->look(g[i]);
		replay_free(&g[i]->finding.verdict);
	}
}

void engine_stop(struct engine *g)
{
	engine_stop_all(&g, 1);
}
