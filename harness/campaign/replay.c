/* SPDX-License-Identifier: MIT */
#include "campaign/replay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/child.h"
#include "guest/bytes.h"
#include "support/clock.h"

/* What may open the report of a finding; the first that is there counts. */
static const char *const openings[] = {
	"irqstorm: finding: ", "==ERROR: AddressSanitizer: ", "WARNING: ThreadSanitizer: ",
	": runtime error: ",   "ERROR: LeakSanitizer: ",      " ERROR: libFuzzer: ",
};

static const char *line_start(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

static bool is_ours(const char *line)
{
	return !strncmp(line, openings[0], strlen(openings[0]));
}

static void copy_line(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%.*s", (int)strcspn(from, "\n"), from);
}

/* A key is one word, also as the name of a folder's subject. */
static void key_word(char *key, size_t size, const char *word, size_t len)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < len && n + 1 < size; i++)
		key[n++] = strchr(" \t()'\"`", word[i]) ? '-' : word[i];
	key[n] = '\0';
}

/* "SUMMARY: AddressSanitizer: heap-use-after-free /src/a.c:12:3 in irq_put": what and where. */
static void key_of_summary(const char *line, struct replay_verdict *v)
{
	const char *what = strstr(line, ": "), *in, *at, *slash, *end = line + strcspn(line, "\n");
	size_t len;

	what = what && what < end ? strstr(what + 2, ": ") : NULL;
	if (!what || what >= end) {
		snprintf(v->key, sizeof(v->key), "crash");
		return;
	}
	what += 2;
	if (!strncmp(what, "timeout", 7)) {
		snprintf(v->key, sizeof(v->key), "hang");
		return;
	}
	snprintf(v->key, sizeof(v->key), "crash:");
	if (!strncmp(line, "SUMMARY: libFuzzer", 18)) {
		key_word(v->key, sizeof(v->key), what, (size_t)(end - what));
		return;
	}
	key_word(v->key, sizeof(v->key), what, strcspn(what, " \n"));
	/* The function where it was, else file and line. */
	at = what + strcspn(what, " \n");
	in = strstr(at, " in ");
	if (in && in + 4 < end)
		at = in + 4;
	else
		at += *at == ' ';
	len = strcspn(at, " \n");
	slash = memrchr(at, '/', len);
	if (slash) {
		len -= (size_t)(slash + 1 - at);
		at = slash + 1;
	}
	if (len) {
		key_word(v->key, sizeof(v->key), ":", 1);
		key_word(v->key, sizeof(v->key), at, len);
	}
}

static void find_key(const char *from, struct replay_verdict *v)
{
	const char *key = strstr(from, "\nkey:    "), *summary = strstr(from, "SUMMARY: ");

	if (is_ours(from) && key)
		key_word(v->key, sizeof(v->key), key + 9, strcspn(key + 9, "\n"));
	else if (summary)
		key_of_summary(summary, v);
	else
		snprintf(v->key, sizeof(v->key), "crash");
}

/* The program of a finding ends with EOF; what an engine adds is of no use to a reader. */
static size_t report_length(const char *from)
{
	const char *eof = strstr(from, "\nEOF\n");
	size_t len = eof && is_ours(from) ? (size_t)(eof + 5 - from) : strlen(from);

	return len < REPLAY_TEXT_MAX ? len : REPLAY_TEXT_MAX;
}

int replay_judge(const char *bytes, size_t len, struct replay_verdict *v)
{
	const char *from = NULL;
	char *text = strndup(bytes, len);

	memset(v, 0, sizeof(*v));
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]) && !from; i++)
		from = strstr(text, openings[i]);
	if (from) {
		from = line_start(text, from);
		v->shown = true;
		copy_line(v->what, sizeof(v->what),
			  is_ours(from) ? from + strlen(openings[0]) : from);
		find_key(from, v);
		v->text = strndup(from, report_length(from));
	}
	free(text);
	return v->shown && !v->text ? -ENOMEM : 0;
}

void replay_free(struct replay_verdict *v)
{
	free(v->text);
	memset(v, 0, sizeof(*v));
}

/* The exit status, or -ETIMEDOUT when it had to be killed. */
static int wait_for(pid_t pid, uint64_t deadline)
{
	uint64_t pause = NSEC_PER_MSEC / 2;
	bool late = false;
	int status = 0;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return late ? -ETIMEDOUT : status;
		if (!late && clock_ns() >= deadline) {
			late = true;
			kill(-pid, SIGKILL);
		}
		clock_sleep_until(clock_ns() + pause);
		if (pause < 20 * NSEC_PER_MSEC)
			pause += pause / 2;
	}
}

static void judge_by_status(struct replay_verdict *v, int status, uint32_t timeout_s)
{
	if (status == -ETIMEDOUT) {
		snprintf(v->key, sizeof(v->key), "hang");
		snprintf(v->what, sizeof(v->what), "it did not come back within %u s", timeout_s);
	} else if (WIFSIGNALED(status)) {
		snprintf(v->key, sizeof(v->key), "crash:signal-%d", WTERMSIG(status));
		snprintf(v->what, sizeof(v->what), "it died by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status)) {
		snprintf(v->key, sizeof(v->key), "crash:exit-%d", WEXITSTATUS(status));
		snprintf(v->what, sizeof(v->what), "it exited with %d", WEXITSTATUS(status));
	} else {
		return;
	}
	v->shown = true;
}

int replay_input(const char *target, const char *input, const char *const *env, uint32_t timeout_s,
		 struct replay_verdict *v, struct errmsg *e)
{
	struct words *argv = calloc(2, sizeof(*argv)), *vars = argv + 1;
	int fd = memfd_create("replay", MFD_CLOEXEC), status, err = 0;
	struct bytes out = {0};
	pid_t pid;

	memset(v, 0, sizeof(*v));
	if (!argv || fd < 0) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "cannot replay %s: %s", input,
				 strerror(fd < 0 ? errno : ENOMEM));
		goto out;
	}
	words_add(argv, target);
	words_add(argv, input);
	words_add_all(vars, env);
	pid = child_start(argv, vars, fd);
	if (pid < 0) {
		err = errmsg_set(e, pid, EXIT_ENVIRONMENT, "cannot start %s: %s", target,
				 strerror(-pid));
		goto out;
	}
	status = wait_for(pid, clock_ns() + timeout_s * NSEC_PER_SEC);
	if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		err = errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT, "cannot run %s", target);
		goto out;
	}
	err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : bytes_read_fd(&out, fd);
	if (!err && out.len)
		err = replay_judge((const char *)out.data, out.len, v);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read what %s says: %s", target,
			   strerror(-err));
	else if (!v->shown)
		judge_by_status(v, status, timeout_s);
out:
	if (fd >= 0)
		close(fd);
	bytes_free(&out);
	free(argv);
	return err;
}
