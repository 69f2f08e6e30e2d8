/* SPDX-License-Identifier: MIT */
/*
 * Runs the tests that criterion/criterion.h of this folder has registered: a line each, and the
 * closing line. Words of the command line are tests to be left out, SUITE.NAME or SUITE; with a
 * plus in front, tests without which all are left out.
 */
#include "criterion/criterion.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_S 300.0
#define SKIPPED   4

static struct cr_entry *entries, **last = &entries;
static bool expectation_failed;

void cr_register(struct cr_entry *entry)
{
	*last = entry;
	last = &entry->next;
}

void cr_failed(bool fatal, const char *what, const char *file, int line, const char *fmt, ...)
{
	const char *slash = strrchr(file, '/');
	va_list ap;

	printf("# %s:%d: not so: %s: ", slash ? slash + 1 : file, line, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	expectation_failed = true;
	if (fatal)
		_exit(1);
}

void cr_skip(const char *fmt, ...)
{
	va_list ap;

	printf("# skipped: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(SKIPPED);
}

static const struct cr_options *suite_of(const struct cr_entry *test)
{
	static const struct cr_options none;

	for (const struct cr_entry *e = entries; e; e = e->next) {
		if (!e->run && !strcmp(e->suite, test->suite))
			return &e->options;
	}
	return &none;
}

static void child(const struct cr_entry *test, const struct cr_options *suite)
{
	double limit = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
	void (*init)(void) = test->options.init ? test->options.init : suite->init;
	void (*fini)(void) = test->options.fini ? test->options.fini : suite->fini;

	alarm((unsigned int)ceil(limit > 0 ? limit : TIMEOUT_S));
	if (init)
		init();
	test->run();
	if (fini)
		fini();
	fflush(NULL);
	_exit(expectation_failed ? 1 : 0);
}

/* 0 passed, 1 failed, SKIPPED. */
static int run(const struct cr_entry *test)
{
	const struct cr_options *suite = suite_of(test);
	int want = test->options.signal ? test->options.signal : suite->signal, status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		child(test, suite);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0) {
		printf("# fork: %s\n", strerror(errno));
		return 1;
	}
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) != want)
			printf("# ended by signal %d (%s)\n", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
		return WTERMSIG(status) != want;
	}
	if (want) {
		printf("# did not end by signal %d\n", want);
		return 1;
	}
	return WEXITSTATUS(status) == SKIPPED ? SKIPPED : WEXITSTATUS(status) != 0;
}

static bool is_left_out(const struct cr_entry *test, int argc, char **argv)
{
	bool chosen = false, named = false;
	char name[256];

	snprintf(name, sizeof(name), "%s.%s", test->suite, test->name);
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i] + (*argv[i] == '+');
		bool same = !strcmp(word, name) || !strcmp(word, test->suite);

		if (*argv[i] != '+' && same)
			return true;
		chosen |= *argv[i] == '+';
		named |= *argv[i] == '+' && same;
	}
	return chosen && !named;
}

int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0, skipped = 0;

	for (const struct cr_entry *test = entries; test; test = test->next) {
		int code = 0;

		if (!test->run || is_left_out(test, argc, argv))
			continue;
		code = run(test);
		passed += !code;
		failed += code == 1;
		skipped += code == SKIPPED;
		printf("%s %s.%s%s\n", code == 1 ? "not ok" : "ok", test->suite, test->name,
		       code == SKIPPED ? " # SKIP" : "");
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !passed;
}
