/* SPDX-License-Identifier: MIT */
/* session_bye: the end of a session, and what its keeper's folder has to do with it; see keeper.h.
 */
#include "guest/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/proc.h"
#include "guest/session.h"
#include "support/clock.h"

#define FLUSH_WAIT (5 * NSEC_PER_SEC) /* for callers to take the last words */
#define LOCK_WAIT  (2 * NSEC_PER_SEC)

bool keeper_has_folder(const struct keeper *k)
{
	char path[PATH_MAX + sizeof(SESSION_SOCKET)];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" SESSION_SOCKET, k->c->dir);
	return !stat(path, &st) && st.st_ino == k->socket;
}

bool keeper_lock_folder(const struct keeper *k, int *lock, uint64_t wait)
{
	uint64_t start = clock_ns();

	*lock = openat(k->c->dir_fd, SESSION_LOCK, O_RDWR | O_CLOEXEC);
	if (*lock < 0)
		return true; /* it is gone, and nobody can come */
	for (;;) {
		if (!flock(*lock, LOCK_EX | LOCK_NB))
			return true;
		if (clock_ns() - start >= wait)
			break;
		poll(NULL, 0, 10);
	}
	close(*lock);
	*lock = -1;
	return false;
}

void keeper_leave_folder(const struct keeper *k)
{
	if (keeper_has_folder(k))
		unlinkat(k->c->dir_fd, SESSION_SOCKET, 0);
}

/* Nobody is there to be told: the next caller is. */
static void leave_report(struct keeper *k)
{
	char text[160 + SPLAT_LINES * (SPLAT_LINE + 4)];
	const struct splat_scan *s = &k->console.scan;
	char path[PATH_MAX + sizeof(SESSION_LOG)];
	size_t n;
	int fd;

	if (!s->found || k->told || k->running)
		return;
	n = (size_t)snprintf(text, sizeof(text),
			     "after command %u of the session before, with nothing running, its "
			     "kernel reported a problem:\n",
			     k->number);
	for (unsigned int i = 0; i < s->n_lines && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  %s\n", s->lines[i]);
	snprintf(path, sizeof(path), "%s/" SESSION_LOG, k->c->dir);
	console_save(&k->console, path);
	fd = openat(k->c->dir_fd, SESSION_UNREPORTED, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return;
	write_all(fd, text, n < sizeof(text) ? n : sizeof(text) - 1);
	close(fd);
}

/* A guest that never got to a command: whoever waits for one is told as if it was his. */
static void tell_boot(struct keeper *k, struct peer *p)
{
	peer_send_all(p, FRAME_CONSOLE, k->console.log.data, k->console.log.len);
	if (k->m.err.len && k->last_word_at) {
		peer_send(p, FRAME_LOG, k->m.err.data,
			  k->m.err.len < FRAME_PAYLOAD_MAX ? k->m.err.len : FRAME_PAYLOAD_MAX, -1);
		peer_send(p, FRAME_EXIT, k->last_word, sizeof(k->last_word), -1);
	}
}

static void last_words(struct keeper *k, int status)
{
	uint8_t gone[8 + 256];
	char says[256];
	uint64_t start = clock_ns();
	bool waiting = true;

	proc_why(&k->m.err, says, sizeof(says));
	put_le32(gone, k->how);
	put_le32(gone + 4, (uint32_t)status);
	memcpy(gone + 8, says, strlen(says));
	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &k->peers[i];
		bool its = p == k->running || !k->ready;

		if (p->fd < 0)
			continue;
		if (!k->ready)
			tell_boot(k, p);
		if (its && strstr(k->ending, "--end"))
			peer_send(p, FRAME_LOG, k->ending, strlen(k->ending), -1);
		peer_send(p, its ? FRAME_GONE : FRAME_OVER, its ? (void *)gone : k->ending,
			  its ? 8 + strlen(says) : strlen(k->ending), -1);
	}
	while (waiting && clock_ns() - start < FLUSH_WAIT) {
		waiting = false;
		for (size_t i = 0; i < PEERS_MAX; i++) {
			peer_flush(&k->peers[i]);
			waiting |= peer_waiting(&k->peers[i]) > 0;
		}
		if (waiting)
			poll(NULL, 0, 5);
	}
}

void keeper_bye(struct keeper *k)
{
	int lock, status = 0;
	bool locked = keeper_lock_folder(k, &lock, LOCK_WAIT);

	while (poll(&(struct pollfd){.fd = k->c->listen, .events = POLLIN}, 1, 0) > 0)
		keeper_welcome(k);
	if (locked)
		keeper_leave_folder(k);
	close(k->c->listen);
	if (lock >= 0)
		close(lock);
	machine_kill(&k->m, &status);
	while (keeper_take_console(k) || keeper_take_channel(k))
		;
	keeper_check_mark(k);
	console_finish(&k->console);
	leave_report(k);
	last_words(k, status);
	machine_end(&k->m);
}

void keeper_refuse(struct keeper *k, const struct errmsg *e)
{
	uint8_t text[4 + sizeof(e->text)];
	uint64_t start = clock_ns();

	put_le32(text, e->exit);
	memcpy(text + 4, e->text, strlen(e->text));
	/* Who started this one is about to connect. */
	while (clock_ns() - start < LOCK_WAIT &&
	       poll(&(struct pollfd){.fd = k->c->listen, .events = POLLIN}, 1, 500) <= 0)
		;
	keeper_welcome(k);
	for (size_t i = 0; i < PEERS_MAX; i++)
		peer_send(&k->peers[i], FRAME_FAILED, text, 4 + strlen(e->text), -1);
	keeper_leave_folder(k);
}
