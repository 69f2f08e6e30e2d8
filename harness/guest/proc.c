/* SPDX-License-Identifier: MIT */
#include "guest/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/progress.h"
#include "support/stopped.h"

#define ERR_KEEP 65536

int proc_find(const char *name, char *path, size_t size)
{
	const char *p = getenv("PATH");

	if (strchr(name, '/')) {
		if ((size_t)snprintf(path, size, "%s", name) >= size)
			return -ENAMETOOLONG;
		return access(path, X_OK) ? -ENOENT : 0;
	}
	if (!p || !*p)
		p = "/usr/local/bin:/usr/bin:/bin";
	while (*p) {
		size_t len = strcspn(p, ":");
		int n = snprintf(path, size, "%.*s/%s", (int)len, len ? p : ".", name);

		if (n > 0 && (size_t)n < size && !access(path, X_OK))
			return 0;
		p += len + (p[len] == ':');
	}
	return -ENOENT;
}

void proc_child_setup(int parent_pid)
{
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent_pid)
		_exit(127);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void proc_why(const struct bytes *err, char *why, size_t size)
{
	const char *p = (const char *)err->data, *end = p + err->len;
	bool error = false;

	why[0] = '\0';
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		bool is_error = len > 3 && !memcmp(p, "E: ", 3);

		/* apt marks what went wrong; of the others the last word tells most. */
		if (len && (is_error || !error) && !(is_error && error)) {
			size_t skip = is_error ? 3 : 0;

			snprintf(why, size, "%.*s", (int)(len - skip), p + skip);
			error |= is_error;
		}
		p += len + 1;
	}
}

/* A program that was started, and our ends of its pipes. */
struct running {
	pid_t pid;
	int out, err;
	struct bytes said; /* on stderr */
};

static _Noreturn void child(const char *path, const struct proc_job *job, int parent,
			    const int out[2], const int err[2])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	proc_child_setup(parent);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
		_exit(127);
	if (job->cwd && chdir(job->cwd)) {
		dprintf(2, "cannot enter %s: %s\n", job->cwd, strerror(errno));
		_exit(127);
	}
	setenv("LC_ALL", "C", 1);
	if (job->apt)
		setenv("APT_CONFIG", job->apt, 1);
	/* execv takes the strings as they are; only its prototype is older than const. */
	execv(path, (char *const *)(uintptr_t)job->argv);
	dprintf(2, "cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

static int take(struct pollfd *p, struct bytes *to, size_t keep)
{
	uint8_t buf[65536];
	ssize_t n;
	int err;

	if (!p->revents)
		return 0;
	n = read(p->fd, buf, sizeof(buf));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		p->fd = -1;
		return 0;
	}
	err = to->len < keep ? bytes_append(to, buf, (size_t)n) : 0;
	return err;
}

int proc_stop_signal(int sigfd)
{
	struct signalfd_siginfo si;

	if (sigfd < 0 || read(sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return 0;
	return (int)si.ssi_signo;
}

int proc_interrupted(struct errmsg *e, int sig)
{
	return errmsg_set(e, -EINTR, (enum exit_code)(128 + sig),
			  "STOPPED  by %s: nothing was done yet", stopped_by(sig));
}

/*
 * Read all pipes to their ends. -EINTR with *@sig when a stop signal came. Without a @tick it is
 * told that @what is waited for.
 */
static int collect(struct running *run, size_t n, const char *what, void (*tick)(void *), void *arg,
		   int sigfd, struct proc_result *r, int *sig)
{
	const struct progress_part part = {.left_ns = PROGRESS_PACE};
	struct pollfd p[2 * PROC_JOBS_MAX + 1] = {{.fd = sigfd, .events = POLLIN}};
	struct progress progress;
	size_t open = 2 * n;
	int err = 0;

	progress_init_late(&progress, tick != NULL);
	for (size_t i = 0; i < n; i++) {
		p[1 + 2 * i] = (struct pollfd){.fd = run[i].out, .events = POLLIN};
		p[2 + 2 * i] = (struct pollfd){.fd = run[i].err, .events = POLLIN};
	}
	while (!err && open) {
		if (poll(p, 2 * (nfds_t)n + 1, tick ? 500 : progress_poll_ms(&progress)) < 0) {
			if (errno != EINTR)
				err = -errno;
			continue;
		}
		progress_part(&progress, &part, "waiting for %s", what);
		*sig = p[0].revents ? proc_stop_signal(sigfd) : 0;
		if (*sig) {
			err = -EINTR;
			break;
		}
		open = 0;
		for (size_t i = 0; i < n && !err; i++) {
			err = take(&p[1 + 2 * i], &r[i].out, SIZE_MAX);
			if (!err)
				err = take(&p[2 + 2 * i], &run[i].said, ERR_KEEP);
			open += (size_t)((p[1 + 2 * i].fd >= 0) + (p[2 + 2 * i].fd >= 0));
		}
		if (tick)
			tick(arg);
	}
	progress_done(&progress);
	return err;
}

static void close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
}

static int start(const struct proc_job *job, struct running *run, struct errmsg *e)
{
	int out[2] = {-1, -1}, errp[2] = {-1, -1}, err;
	char path[PATH_MAX];
	pid_t self = getpid();

	run->pid = -1;
	run->out = run->err = -1;
	memset(&run->said, 0, sizeof(run->said));
	if (proc_find(job->argv[0], path, sizeof(path)))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s not found: apt-get install %s",
				  job->argv[0], job->package);
	if (!pipe2(out, O_CLOEXEC) && !pipe2(errp, O_CLOEXEC))
		run->pid = fork();
	if (run->pid < 0) {
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot start %s: %s", path,
				 strerror(errno));
		close_pipe(out);
		close_pipe(errp);
		return err;
	}
	if (!run->pid)
		child(path, job, self, out, errp);
	close(out[1]);
	close(errp[1]);
	run->out = out[0];
	run->err = errp[0];
	return 0;
}

static int finish(struct running *run, bool stop)
{
	int status = 0;

	if (stop) {
		kill(-run->pid, SIGKILL);
		kill(run->pid, SIGKILL);
	}
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(run->out);
	close(run->err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int proc_run_all(const struct proc_job *jobs, size_t n, void (*tick)(void *), void *arg, int sigfd,
		 struct proc_result *r, struct errmsg *e)
{
	struct running run[PROC_JOBS_MAX];
	size_t started = 0;
	int err = 0, sig = 0;
	char what[200];

	if (n > PROC_JOBS_MAX)
		return errmsg_set(e, -E2BIG, EXIT_ENVIRONMENT, "too many programs at a time");
	memset(r, 0, n * sizeof(*r));
	while (!err && started < n) {
		err = start(&jobs[started], &run[started], e);
		started += !err;
	}
	if (!err) {
		snprintf(what, sizeof(what), "%s %s", jobs[0].argv[0],
			 jobs[0].argv[1] ? jobs[0].argv[1] : "");
		err = collect(run, n, what, tick, arg, sigfd, r, &sig);
		if (err == -EINTR)
			proc_interrupted(e, sig);
		else if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read from %s: %s",
				   jobs[0].argv[0], strerror(-err));
	}
	for (size_t i = 0; i < started; i++) {
		r[i].status = finish(&run[i], err != 0);
		if (err)
			bytes_free(&r[i].out);
		else
			proc_why(&run[i].said, r[i].why, sizeof(r[i].why));
		bytes_free(&run[i].said);
	}
	return err;
}

int proc_run(const char *const argv[], const char *package, const char *cwd, int sigfd,
	     struct proc_result *r, struct errmsg *e)
{
	struct proc_job job = {.argv = argv, .package = package, .cwd = cwd};

	return proc_run_all(&job, 1, NULL, NULL, sigfd, r, e);
}
