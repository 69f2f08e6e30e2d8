/* SPDX-License-Identifier: MIT */
/*
 * session: a guest that stays, as its callers see it. A folder stands for it: in it are a lock, the
 * socket of the keeper (session_keeper.h), and what the keeper has to say once there is nobody to
 * say it to. The first caller starts the keeper; each command is a connection, and they take turns.
 */
#ifndef IRQSTORM_GUEST_SESSION_H
#define IRQSTORM_GUEST_SESSION_H

#include <limits.h>

#include "guest/bytes.h"
#include "guest/guest.h"

#define SESSION_LOCK       "lock"
#define SESSION_SOCKET     "socket"
#define SESSION_UNREPORTED "unreported"
#define SESSION_LOG        "kernel.log"
#define SESSION_PID        "pid" /* of the keeper */

struct session_call {
	char dir[PATH_MAX]; /* absolute */
	int sigfd;          /* borrowed; stop signals end every wait */
	int dir_fd, lock, fd;
	int last; /* the memory that survives (last.h) */
	uint8_t seq;
	bool live;          /* a keeper answered */
	struct bytes about; /* what is kept, as a command file (cmdfile.h): kernel, devices, ... */
	char pid[16];       /* of its keeper */
};

/*
 * Find the session of @dir, which is made. With .live false there is none, and the folder is locked
 * until session_boot() or session_close(). 0, or -errno with @e.
 */
int session_open(struct session_call *s, const char *dir, int sigfd, struct errmsg *e);

/* Start the keeper of a guest of @c, that @about describes. 0, or -errno with @e. */
int session_boot(struct session_call *s, const struct guest_config *c, const struct bytes *about,
		 uint64_t idle_ns, struct errmsg *e);

/*
 * Run the command of @c there. As guest_run(); -EPIPE when the session ended before the command had
 * its turn: open again.
 */
int session_run(struct session_call *s, const struct guest_config *c, struct guest_result *r,
		struct errmsg *e);

/*
 * Each value of @wanted, a command file, has to be that of the session. 0, or -EINVAL with @e (exit
 * 2), which tells what differs.
 */
int session_compare(const struct session_call *s, const struct bytes *wanted, struct errmsg *e);

/* End the guest and wait for its end. 0, or -errno with @e. */
int session_end(struct session_call *s, struct errmsg *e);

/*
 * What a kernel had to say after its session's last command, when nobody was there: appended to
 * @text, and forgotten. 0, or -ENOENT.
 */
int session_unreported(const struct session_call *s, struct bytes *text);

void session_close(struct session_call *s);

#endif
