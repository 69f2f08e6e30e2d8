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

static _Noreturn void child(const char *path, const char *const argv[], const char *cwd, int parent,
			    const int out[2], const int err[2])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	proc_child_setup(parent);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
		_exit(127);
	if (cwd && chdir(cwd)) {
		dprintf(2, "cannot enter %s: %s\n", cwd, strerror(errno));
		_exit(127);
	}
	setenv("LC_ALL", "C", 1);
	/* execv takes the strings as they are; only its prototype is older than const. */
	execv(path, (char *const *)(uintptr_t)argv);
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

/* Read both pipes to their ends. -EINTR with *@sig when a stop signal came. */
static int collect(const char *what, int out, int errfd, int sigfd, struct bytes *b_out,
		   struct bytes *b_err, int *sig)
{
	const struct progress_part part = {.left_ns = PROGRESS_PACE};
	struct progress progress;

	struct pollfd p[3] = {
		{.fd = out, .events = POLLIN},
		{.fd = errfd, .events = POLLIN},
		{.fd = sigfd, .events = POLLIN},
	};
	int err = 0;

	progress_init_late(&progress, false);
	while (!err && (p[0].fd >= 0 || p[1].fd >= 0)) {
		int n = poll(p, 3, progress_poll_ms(&progress));

		progress_part(&progress, &part, "waiting for %s", what);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			continue;
		*sig = p[2].revents ? proc_stop_signal(sigfd) : 0;
		if (*sig) {
			err = -EINTR;
			break;
		}
		err = take(&p[0], b_out, SIZE_MAX);
		if (!err)
			err = take(&p[1], b_err, ERR_KEEP);
	}
	progress_done(&progress);
	return err;
}

int proc_run(const char *const argv[], const char *package, const char *cwd, int sigfd,
	     struct proc_result *r, struct errmsg *e)
{
	int out[2] = {-1, -1}, errp[2] = {-1, -1}, err, status = 0, sig = 0;
	struct bytes b_err = {0};
	char path[PATH_MAX], what[200];
	pid_t self = getpid(), pid = -1;

	memset(r, 0, sizeof(*r));
	if (proc_find(argv[0], path, sizeof(path)))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s not found: apt-get install %s",
				  argv[0], package);
	if (!pipe2(out, O_CLOEXEC) && !pipe2(errp, O_CLOEXEC))
		pid = fork();
	if (pid < 0) {
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot start %s: %s", path,
				 strerror(errno));
		goto out_close;
	}
	if (!pid)
		child(path, argv, cwd, self, out, errp);
	close(out[1]);
	close(errp[1]);
	out[1] = errp[1] = -1;
	snprintf(what, sizeof(what), "%s %s", argv[0], argv[1] ? argv[1] : "");
	err = collect(what, out[0], errp[0], sigfd, &r->out, &b_err, &sig);
	if (err) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (err == -EINTR)
		proc_interrupted(e, sig);
	else if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read from %s: %s", argv[0],
			   strerror(-err));
	else
		proc_why(&b_err, r->why, sizeof(r->why));
out_close:
	if (err)
		bytes_free(&r->out);
	bytes_free(&b_err);
	for (int i = 0; i < 2; i++) {
		if (out[i] >= 0)
			close(out[i]);
		if (errp[i] >= 0)
			close(errp[i]);
	}
	return err;
}
