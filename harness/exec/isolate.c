/* SPDX-License-Identifier: MIT */
#include "exec/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * No program takes a hundredth of it, and not many trials of a search may be spent waiting. Time of
 * the CPU, which another load does not shorten; a thread that sleeps for ever gets more.
 */
#define HANG_CPU_US 500000
#define HANG_S      10u

struct isolate_shared {
	struct exec_result r;
	struct errmsg e;
	uint32_t which; /* of the programs runs, or ran last */
	int err;
	bool done;
};

bool finding_is(const struct exec_result *r, const struct exec_result *want)
{
	return r->difference && !strcmp(r->key, want->key) && !strcmp(r->sense, want->sense);
}

int isolate_init(struct isolate *s, struct executor *x, struct errmsg *e)
{
	void *map;

	memset(s, 0, sizeof(*s));
	s->x = x;
	s->faults = x->faults;
	if (!x->emulated)
		return 0;
	map = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		   0);
	if (map == MAP_FAILED)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "out of memory");
	s->shared = map;
	return 0;
}

void isolate_free(struct isolate *s)
{
	if (s->shared)
		munmap(s->shared, sizeof(*s->shared));
	s->shared = NULL;
}

/* Its death is expected: no report of a sanitizer and no core file for each of them. */
static void prepare_child(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,
				    SIGABRT, SIGTRAP, SIGPROF, SIGALRM};
	const struct itimerval cpu = {.it_value = {.tv_usec = HANG_CPU_US}};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	setitimer(ITIMER_PROF, &cpu, NULL);
	alarm(HANG_S);
}

static int run_all(struct isolate *s, const struct program *const *p, uint32_t n,
		   const struct exec_result *want, uint32_t *which, struct exec_result *r,
		   struct errmsg *e)
{
	for (uint32_t i = 0; i < n; i++) {
		int err;

		*which = i;
		err = executor_run(s->x, p[i], r, e);
		if (err || (want ? finding_is(r, want) : r->difference != DIFF_NONE))
			return err;
	}
	return 0;
}

static _Noreturn void child(struct isolate *s, const struct program *const *p, uint32_t n,
			    const struct exec_result *want)
{
	struct isolate_shared *shared = s->shared;

	prepare_child();
	shared->err = executor_anew(s->x, &shared->e);
	if (!shared->err)
		shared->err = run_all(s, p, n, want, &shared->which, &shared->r, &shared->e);
	shared->done = true;
	_exit(0);
}

static void died(const struct program *p, int status, struct exec_result *r)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool hang = sig == SIGPROF || sig == SIGALRM;

	r->difference = hang ? DIFF_HANG : DIFF_CRASH;
	if (hang)
		snprintf(r->sense, sizeof(r->sense), "hang");
	else if (sig)
		snprintf(r->sense, sizeof(r->sense), "SIG%s", sigabbrev_np(sig));
	else
		snprintf(r->sense, sizeof(r->sense), "exit %d", WEXITSTATUS(status));
	if (hang)
		snprintf(r->text, sizeof(r->text), "the emulator did not come back");
	else
		snprintf(r->text, sizeof(r->text), "the emulator died: %s", r->sense);
	finding_key(r->difference, 0, r->at < p->n ? &p->ops[r->at] : NULL, r->key);
}

int isolate_run_all(struct isolate *s, const struct program *const *p, uint32_t n,
		    const struct exec_result *want, uint32_t *which, struct exec_result *r,
		    struct errmsg *e)
{
	struct isolate_shared *shared = s->shared;
	int status;
	pid_t pid;

	if (!shared) {
		/* as a repeat will find them */
		executor_set_faults(s->x, &s->faults);
		return run_all(s, p, n, want, which, r, e);
	}
	memset(shared, 0, sizeof(*shared));
	pid = fork();
	if (!pid)
		child(s, p, n, want);
	while (pid > 0 && waitpid(pid, &status, 0) != pid) {
		if (errno != EINTR)
			pid = -1;
	}
	if (pid < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot start a process: %s",
				  strerror(errno));
	*r = shared->r;
	*which = shared->which;
	if (!shared->done) {
		died(p[*which], status, r);
		return 0;
	}
	if (shared->err)
		*e = shared->e;
	return shared->err;
}

int isolate_run(struct isolate *s, const struct program *p, struct exec_result *r, struct errmsg *e)
{
	uint32_t which;

	return isolate_run_all(s, &p, 1, NULL, &which, r, e);
}
