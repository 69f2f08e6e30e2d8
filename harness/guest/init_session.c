/* SPDX-License-Identifier: MIT */
#include "guest/init_session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/cpio.h"
#include "guest/fsutil.h"
#include "guest/init_setup.h"
#include "guest/init_state.h"
#include "guest/mailbox.h"
#include "guest/nudge.h"

/* How long processes may take to die, and devices to be closed by them. */
#define STUCK_MS 10000
#define STEP_MS  10

struct session {
	struct init *in;
	const void *mailbox;
	struct state state;
	cpu_set_t cpus; /* init's own */
	int priority;
};

int init_session_prepare(struct init *in, struct session **made, struct errmsg *e)
{
	struct session *s = calloc(1, sizeof(*s));
	int err = s ? init_mailbox(&s->mailbox, e)
		    : errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");

	if (err)
		return err; /* and the guest ends */
	s->in = in;
	s->priority = getpriority(PRIO_PROCESS, 0);
	if (sched_getaffinity(0, sizeof(s->cpus), &s->cpus))
		CPU_ZERO(&s->cpus);
	err = init_state_take(&s->state);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot note down the guest's state: %s", strerror(-err));
	*made = s;
	return 0;
}

static void pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Everything but init and the kernel's threads. False: something does not die. */
static bool end_processes(struct init *in)
{
	int waited = 0;

	kill(-1, SIGKILL);
	while (waited < STUCK_MS) {
		pid_t pid;

		init_reap(in);
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			return true; /* no child, and orphans are ours */
		if (pid)
			continue;
		pause_ms(STEP_MS);
		waited += STEP_MS;
	}
	return false;
}

/* A folder is emptied, not removed: it may be a mount. */
static void empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char *child;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    asprintf(&child, "%s/%s", path, entry->d_name) < 0)
			continue;
		fs_remove_tree(child);
		free(child);
	}
	if (d)
		closedir(d);
}

static void remove_files(void)
{
	static const char *const folders[] = {"/in", "/out", "/tmp", "/dev/shm", "/bin"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		empty_folder(folders[i]);
}

/* One opener a group: who can open it knows that nobody else has. */
static bool is_closed(const char *group)
{
	for (int waited = 0; waited < STUCK_MS; waited += STEP_MS) {
		int fd = open(group, O_RDWR | O_CLOEXEC);

		if (fd >= 0)
			close(fd);
		if (fd >= 0 || errno != EBUSY)
			return true;
		pause_ms(STEP_MS);
	}
	return false;
}

static void dirty(struct init *in, const char *text)
{
	link_send(&in->link, FRAME_DIRTY, text, strlen(text));
}

static void check_devices(struct init *in)
{
	DIR *d = opendir("/dev/vfio");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char path[64], text[128];

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/%.20s", entry->d_name);
		if (is_closed(path))
			continue;
		snprintf(text, sizeof(text), "%s is still open though every process has ended",
			 path);
		dirty(in, text);
	}
	if (d)
		closedir(d);
}

static void on_change(void *arg, const char *text, bool undone)
{
	struct init *in = arg;

	link_send(&in->link, undone ? FRAME_NOTE : FRAME_DIRTY, text, strlen(text));
}

static void put_back(struct session *s)
{
	if (!end_processes(s->in))
		dirty(s->in, "a process of the command does not end");
	check_devices(s->in);
	remove_files();
	if (CPU_COUNT(&s->cpus))
		sched_setaffinity(0, sizeof(s->cpus), &s->cpus);
	setpriority(PRIO_PROCESS, 0, s->priority);
	init_state_restore(&s->state, on_change, s->in);
	if (nudge_start())
		dirty(s->in, "the processes that keep CPUs awake do not start");
}

/* Whatever the kernel had to say before is in its log before this line. */
static void mark(struct init *in, uint32_t number, const char *what)
{
	uint8_t payload[4];
	char line[64];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC), len;

	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "<3>irqstorm: command %u %s\n", number, what);
	put_le32(payload, number);
	if (write(fd, line, (size_t)len) == len && !strcmp(what, "ended"))
		link_send(&in->link, FRAME_MARK, payload, sizeof(payload));
	close(fd);
}

static void serve(struct session *s, uint32_t number, uint32_t size)
{
	struct init *in = s->in;
	struct errmsg e = {0};
	int err = size > MAILBOX_SIZE ? -EINVAL : cpio_unpack(s->mailbox, size, "");

	bytes_free(&in->cmd);
	in->code = EXIT_ENVIRONMENT;
	in->sig = 0;
	mark(in, number, "begins");
	if (!err)
		err = bytes_read_file(&in->cmd, CMDFILE_PATH);
	if (err)
		errmsg_set(&e, err, EXIT_ENVIRONMENT, "cannot unpack the command in the guest: %s",
			   strerror(-err));
	else
		err = init_run(in, &e);
	if (err)
		init_log(in, e.text);
	put_back(s);
	mark(in, number, "ended");
	init_exit(in);
}

static void pump(struct session *s)
{
	uint8_t buf[256];
	ssize_t n = read(s->in->link.channel, buf, sizeof(buf));
	struct frame f;

	if (n <= 0)
		return;
	frame_feed(&s->in->dec, buf, (size_t)n);
	while (frame_next(&s->in->dec, &f)) {
		if (f.type == FRAME_REQUEST && f.len == 8)
			serve(s, get_le32(f.data), get_le32(f.data + 4));
	}
}

_Noreturn void init_session(struct session *s)
{
	struct init *in = s->in;

	for (;;) {
		struct pollfd p[] = {
			{.fd = in->sigfd, .events = POLLIN},
			{.fd = in->timer, .events = POLLIN},
			{.fd = in->link.channel, .events = POLLIN},
		};

		if (poll(p, sizeof(p) / sizeof(p[0]), -1) < 0)
			continue;
		if (p[0].revents)
			init_reap(in);
		if (p[1].revents)
			init_beat(in);
		if (p[2].revents)
			pump(s);
	}
}
