/* SPDX-License-Identifier: MIT */
#include "guest/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/fsutil.h"
#include "guest/initramfs.h"
#include "guest/last.h"
#include "guest/proc.h"
#include "guest/run.h"
#include "guest/session_keeper.h"
#include "guest/session_peer.h"
#include "support/clock.h"

#define STEP_MS       20
#define TICK_MS       500
#define HELLO_WAIT    (20 * NSEC_PER_SEC)
#define KEEPER_NAME   "irqstorm-keeper"
#define KEEPER_OUTPUT "keeper.log"

/* The keeper hears of a silent guest first. */
#define SILENCE (RUN_SILENCE + 10 * NSEC_PER_SEC)

static int no_folder(const char *dir, int err, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "--session %s: %s", dir, strerror(-err));
}

static int open_folder(struct session_call *s, const char *dir, struct errmsg *e)
{
	int err = fs_mkdirs(dir);

	if (err)
		return no_folder(dir, err, e);
	if (!realpath(dir, s->dir))
		return no_folder(dir, -errno, e);
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return no_folder(dir, -errno, e);
	return 0;
}

/* Whoever holds it boots, or is about to connect. */
static int lock_folder(struct session_call *s, struct errmsg *e)
{
	s->lock = openat(s->dir_fd, SESSION_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return no_folder(s->dir, -errno, e);
	while (flock(s->lock, LOCK_EX | LOCK_NB)) {
		int sig = proc_stop_signal(s->sigfd);

		if (sig)
			return proc_interrupted(e, sig);
		if (errno != EWOULDBLOCK && errno != EINTR)
			return no_folder(s->dir, -errno, e);
		poll(NULL, 0, STEP_MS);
	}
	return 0;
}

static void unlock_folder(struct session_call *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

/* A socket's path has to be short, and that of a folder need not be. */
static void socket_address(const struct session_call *s, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/" SESSION_SOCKET, s->dir_fd);
}

static int open_socket(struct session_call *s)
{
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 0;
}

static int connect_keeper(struct session_call *s)
{
	struct sockaddr_un a;
	int err = open_socket(s);

	if (err)
		return err;
	socket_address(s, &a);
	if (!connect(s->fd, (struct sockaddr *)&a, sizeof(a)))
		return 0;
	err = -errno;
	close(s->fd);
	s->fd = -1;
	return err;
}

static int is_over(struct session_call *s, struct errmsg *e)
{
	return errmsg_set(e, -EPIPE, EXIT_ENVIRONMENT, "the session in %s ended", s->dir);
}

/* The next packet; -EPIPE when the keeper has gone. */
static int receive(struct session_call *s, struct frame *f, uint8_t *buf, int *fd, struct errmsg *e)
{
	uint64_t start = clock_ns();

	for (;;) {
		struct pollfd p[] = {{.fd = s->fd, .events = POLLIN},
				     {.fd = s->sigfd, .events = POLLIN}};
		ssize_t n;
		int sig;

		poll(p, 2, TICK_MS);
		sig = p[1].revents ? proc_stop_signal(s->sigfd) : 0;
		if (sig)
			return proc_interrupted(e, sig);
		n = packet_receive(s->fd, buf, FRAME_SIZE_MAX, fd);
		if (n > 0 && packet_frame(buf, (size_t)n, f))
			return 0;
		if (n >= 0 || (n != -EAGAIN && n != -EINTR))
			return is_over(s, e);
		if (clock_ns() - start > HELLO_WAIT)
			return errmsg_set(e, -ETIMEDOUT, EXIT_ENVIRONMENT,
					  "the keeper of the session in %s does not answer",
					  s->dir);
	}
}

static int hello(struct session_call *s, struct errmsg *e)
{
	uint8_t buf[FRAME_SIZE_MAX];
	struct frame f;
	const char *pid;
	int err = receive(s, &f, buf, &s->last, e);

	if (err)
		return err;
	if (f.type != FRAME_SESSION || s->last < 0)
		return is_over(s, e);
	s->about.len = 0;
	if (bytes_append(&s->about, f.data, f.len))
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	pid = cmdfile_next(&s->about, NULL, "keeper");
	snprintf(s->pid, sizeof(s->pid), "%s", pid ? pid : "?");
	s->live = true;
	return 0;
}

int session_open(struct session_call *s, const char *dir, int sigfd, struct errmsg *e)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->sigfd = sigfd;
	s->dir_fd = s->lock = s->fd = s->last = -1;
	err = open_folder(s, dir, e);
	if (!err)
		err = lock_folder(s, e);
	if (err)
		return err;
	err = connect_keeper(s);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return 0; /* none, and the lock keeps others from starting one */
	unlock_folder(s);
	return err ? no_folder(s->dir, err, e) : hello(s, e);
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

/* For people and scripts; nothing here reads it. */
static void write_pid(const struct session_call *s, const char *pid)
{
	int fd = openat(s->dir_fd, SESSION_PID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", pid);
	close(fd);
}

/* In the child of a child: nobody's job, nobody's group, and nothing open that is the caller's. */
static _Noreturn void become_keeper(struct session_call *s, const struct guest_config *c,
				    struct bytes *about, int listener, uint64_t idle_ns)
{
	struct guest_config guest = *c;
	struct keeper_config k = {
		.guest = &guest,
		.about = about,
		.dir = s->dir,
		.dir_fd = s->dir_fd,
		.listen = listener,
		.idle_ns = idle_ns,
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out;
	int last = max(max(s->dir_fd, listener), c->sigfd);
	char pid[16];

	prctl(PR_SET_NAME, KEEPER_NAME);
	out = openat(s->dir_fd, KEEPER_OUTPUT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(out < 0 ? null : out, 2) < 0)
		_exit(EXIT_ENVIRONMENT);
	for (int fd = 3; fd <= last; fd++) {
		if (fd != s->dir_fd && fd != listener && fd != c->sigfd)
			close(fd);
	}
	close_range((unsigned int)last + 1, ~0U, 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (cmdfile_add(about, "keeper", pid))
		_exit(EXIT_ENVIRONMENT);
	write_pid(s, pid);
	guest.session = true;
	guest.quiet = true;
	guest.console = NULL;
	guest.program = NULL;
	guest.argc = 0;
	guest.n_in = guest.n_out = 0;
	keeper_run(&k);
}

static int start_keeper(struct session_call *s, const struct guest_config *c, struct bytes *about,
			int listener, uint64_t idle_ns)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		setsid();
		pid = fork();
		if (pid)
			_exit(pid < 0);
		become_keeper(s, c, about, listener, idle_ns);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int session_boot(struct session_call *s, const struct guest_config *c, const struct bytes *about,
		 uint64_t idle_ns, struct errmsg *e)
{
	struct bytes own = {0};
	struct sockaddr_un a;
	int err = bytes_append(&own, about->data, about->len);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlinkat(s->dir_fd, SESSION_SOCKET, 0);
	socket_address(s, &a);
	if (!err && (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
		     listen(listener, SOMAXCONN)))
		err = -errno;
	if (!err)
		err = start_keeper(s, c, &own, listener, idle_ns);
	if (!err)
		err = connect_keeper(s);
	if (listener >= 0)
		close(listener);
	bytes_free(&own);
	unlock_folder(s);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot start the session in %s: %s",
				  s->dir, strerror(-err));
	return hello(s, e);
}

int session_compare(const struct session_call *s, const struct bytes *wanted, struct errmsg *e)
{
	char text[700];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < wanted->len; i += strlen((char *)wanted->data + i) + 1) {
		const char *record = (const char *)wanted->data + i;
		char key[32];
		const char *has;

		snprintf(key, sizeof(key), "%.*s", (int)strcspn(record, "="), record);
		has = cmdfile_next(&s->about, NULL, key);
		if (has && !strcmp(has, record + strlen(key) + 1))
			continue;
		if (at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %s, not %s",
					       at ? "; " : "", key, has ? has : "(none)",
					       record + strlen(key) + 1);
	}
	if (!at)
		return 0;
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "the session in %s has %s: take another folder, or end it with irqstorm "
			  "guest --session DIR --end",
			  s->dir, text);
}

static void wait_for_it(struct session_call *s, struct run *run)
{
	while (!run->over && run->channel >= 0) {
		struct pollfd p[] = {{.fd = run->channel, .events = POLLIN},
				     {.fd = s->sigfd, .events = POLLIN}};

		if (poll(p, 2, TICK_MS) < 0)
			continue;
		if (p[0].revents)
			run_channel(run);
		if (p[1].revents)
			run_signal(run);
		run_check_time(run, SILENCE, 0);
		run_show(run);
	}
	progress_done(&run->progress);
}

static int result(struct session_call *s, struct run *run, struct errmsg *e)
{
	struct guest_result *r = run->r;

	if (run->why.text[0] && run->failed) {
		if (e)
			*e = run->why;
		return -EIO;
	}
	if (run->why.text[0])
		return is_over(s, e);
	if (run->channel >= 0 || r->exited)
		return 0;
	/* Not a word: the keeper itself has gone, and its guest with it. */
	if (!r->ready)
		return is_over(s, e);
	return errmsg_set(e, -EIO, EXIT_ENVIRONMENT,
			  "the keeper (process %s) of the session in %s was killed, and its guest "
			  "with it: the next command boots another",
			  s->pid, s->dir);
}

/* The next command writes there, too. */
static void take_last(struct session_call *s)
{
	int copy = s->fd < 0 ? -1 : last_copy(s->last);

	if (copy < 0)
		return;
	close(s->last);
	s->last = copy;
	packet_send(s->fd, &s->seq, FRAME_TAKEN, NULL, 0, -1);
}

int session_run(struct session_call *s, const struct guest_config *c, struct guest_result *r,
		struct errmsg *e)
{
	int request, err;
	struct run run;

	run_init(&run, c, r);
	request = initramfs_request(c, e);
	if (request < 0)
		return request;
	err = packet_send(s->fd, &s->seq, FRAME_RUN, NULL, 0, request);
	close(request);
	/* A keeper that ends at once has said why. */
	if (err && err != -EPIPE && err != -ECONNRESET)
		return is_over(s, e);
	run.session = true;
	run.channel = s->fd;
	run.seq = s->seq;
	run.start = run.life = clock_ns();
	wait_for_it(s, &run);
	err = result(s, &run, e);
	s->fd = run.channel;
	take_last(s);
	s->live = false;
	console_finish(&r->console);
	r->lost += run.dec.lost;
	r->total_ns = clock_ns() - run.start;
	r->last = s->last;
	s->last = -1;
	if (err)
		guest_result_free(r);
	return err;
}

int session_end(struct session_call *s, struct errmsg *e)
{
	uint8_t buf[FRAME_SIZE_MAX];
	struct frame f;
	int err = packet_send(s->fd, &s->seq, FRAME_END, NULL, 0, -1), fd = -1;

	while (!err) {
		err = receive(s, &f, buf, &fd, e);
		if (fd >= 0)
			close(fd);
	}
	return err == -EPIPE ? 0 : err;
}

int session_unreported(const struct session_call *s, struct bytes *text)
{
	int fd = openat(s->dir_fd, SESSION_UNREPORTED, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -ENOENT;
	err = bytes_read_fd(text, fd);
	close(fd);
	unlinkat(s->dir_fd, SESSION_UNREPORTED, 0);
	return err || !text->len ? -ENOENT : 0;
}

void session_close(struct session_call *s)
{
	unlock_folder(s);
	if (s->fd >= 0)
		close(s->fd);
	if (s->last >= 0)
		close(s->last);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	bytes_free(&s->about);
	s->dir_fd = s->fd = s->last = -1;
}
