/* SPDX-License-Identifier: MIT */
#include "guest/session_keeper.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/keeper.h"
#include "guest/last.h"
#include "guest/mailbox.h"
#include "guest/proc.h"
#include "guest/run.h"
#include "guest/session.h"
#include "support/clock.h"
#include "support/log.h"

#define TICK_MS     500
#define MARK_WAIT   (2 * NSEC_PER_SEC)  /* for the line of the log that ends a command's part */
#define CANCEL_WAIT (25 * NSEC_PER_SEC) /* for a command to end whose caller has gone */
#define SPLAT_WAIT  (1 * NSEC_PER_SEC)  /* for the rest of a report that comes between commands */
#define TAKE_WAIT   (2 * NSEC_PER_SEC)
#define LOG_MAX     (2u << 20) /* of the kernel, then a new guest is due */

enum slot {
	SLOT_LISTEN,
	SLOT_SIGNAL,
	SLOT_PEERS,
	SLOT_MACHINE = SLOT_PEERS + PEERS_MAX,
	SLOT_COUNT = SLOT_MACHINE + MACHINE_SLOTS
};

static void end_because(struct keeper *k, const char *why)
{
	if (!k->ending[0])
		snprintf(k->ending, sizeof(k->ending), "%s", why);
}

static void to_caller(struct keeper *k, uint8_t type, const void *data, size_t len)
{
	if (k->running)
		peer_send(k->running, type, data, len, -1);
}

void keeper_welcome(struct keeper *k)
{
	int fd = accept4(k->c->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &k->peers[i];

		if (p->fd >= 0)
			continue;
		peer_init(p, fd);
		peer_send(p, FRAME_SESSION, k->c->about->data, k->c->about->len, k->m.last);
		return;
	}
	close(fd); /* and the caller tries again */
}

/* In the order of their arrival. */
static struct peer *next_peer(struct keeper *k)
{
	struct peer *first = NULL;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &k->peers[i];

		if (p->fd >= 0 && p->request >= 0 && (!first || p->ticket < first->ticket))
			first = p;
	}
	return first;
}

/* What the last command left in it is not this one's. */
static void clear_last(struct keeper *k)
{
	void *p = mmap(NULL, LAST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, k->m.last, 0);

	if (p == MAP_FAILED)
		return;
	memset(p, 0, LAST_SIZE);
	munmap(p, LAST_SIZE);
}

static void begin(struct keeper *k, struct peer *p)
{
	uint8_t turn[12], request[8], out[FRAME_SIZE_MAX];
	ssize_t size = mailbox_put(k->m.mailbox, p->request);

	close(p->request);
	p->request = -1;
	if (size < 0) {
		char text[200];

		put_le32((uint8_t *)text, EXIT_ENVIRONMENT);
		snprintf(text + 4, sizeof(text) - 4, "cannot pass the command on: %s",
			 strerror((int)-size));
		peer_send(p, FRAME_FAILED, text, 4 + strlen(text + 4), -1);
		return;
	}
	k->running = p;
	k->busy = true;
	k->marked = false;
	k->last_word_at = k->gone_at = 0;
	k->turn_at = k->console.log.len;
	k->number++;
	clear_last(k);
	put_le32(turn, k->number);
	put_le64(turn + 4, k->boot_ns);
	peer_send(p, FRAME_TURN, turn, sizeof(turn), -1);
	peer_send_all(p, FRAME_CONSOLE, k->console.log.data, k->console.log.len);
	peer_send(p, FRAME_READY, k->release, strlen(k->release), -1);
	put_le32(request, k->number);
	put_le32(request + 4, (uint32_t)size);
	size = (ssize_t)frame_encode(out, FRAME_REQUEST, k->seq++, request, sizeof(request));
	send(k->m.channel, out, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void signal_command(struct keeper *k, int sig)
{
	uint8_t payload[4], out[FRAME_SIZE_MAX];
	size_t len;

	put_le32(payload, (uint32_t)sig);
	len = frame_encode(out, FRAME_SIGNAL, k->seq++, payload, sizeof(payload));
	send(k->m.channel, out, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The command's part of the log is whole: its caller gets the last word. */
static void finish(struct keeper *k)
{
	if (get_le64(k->last_word + 8) & TAINT_SPLAT)
		end_because(k, "its kernel is tainted");
	if (k->console.scan.found)
		end_because(k, "its kernel reported a problem");
	if (k->dirty)
		end_because(k, "what a command left cannot be put back");
	if (k->console.log.len > LOG_MAX)
		end_because(k, "its kernel's log is long");
	k->told = k->running && k->console.scan.found;
	to_caller(k, FRAME_EXIT, k->last_word, sizeof(k->last_word));
	k->taking = k->running;
	k->taking_since = clock_ns();
	k->running = NULL;
	k->busy = false;
	k->last_word_at = 0;
	k->idle_since = clock_ns();
}

void keeper_check_mark(struct keeper *k)
{
	char mark[64];
	int len = snprintf(mark, sizeof(mark), "irqstorm: command %u ended", k->number);
	size_t from = k->turn_at < k->console.log.len ? k->turn_at : 0;

	if (!k->last_word_at || !k->busy)
		return;
	if (!k->marked || clock_ns() - k->last_word_at > MARK_WAIT ||
	    memmem(k->console.log.data + from, k->console.log.len - from, mark, (size_t)len))
		finish(k);
}

static void on_frame(struct keeper *k, const struct frame *f)
{
	k->life = clock_ns();
	switch (f->type) {
	case FRAME_READY:
		k->ready = true;
		k->boot_ns = k->life - k->m.start;
		k->idle_since = k->life;
		snprintf(k->release, sizeof(k->release), "%.*s", (int)f->len,
			 (const char *)f->data);
		break;
	case FRAME_MARK:
		k->marked = true;
		break;
	case FRAME_EXIT:
		if (f->len != sizeof(k->last_word))
			break;
		memcpy(k->last_word, f->data, f->len);
		k->last_word_at = k->life;
		/* Before a command: the guest could not be made ready. */
		if (!k->busy)
			end_because(k, "the guest could not be made ready");
		break;
	case FRAME_HEARTBEAT:
		break;
	case FRAME_DIRTY:
		k->dirty = true;
		to_caller(k, f->type, f->data, f->len);
		break;
	case FRAME_LOG:
		if (!k->ready)
			bytes_append(&k->m.err, f->data, f->len);
		to_caller(k, f->type, f->data, f->len);
		break;
	default:
		to_caller(k, f->type, f->data, f->len);
		break;
	}
}

bool keeper_take_channel(struct keeper *k)
{
	uint8_t buf[65536];
	ssize_t n = machine_take(&k->m.channel, buf, sizeof(buf));
	uint64_t lost = k->dec.lost, skipped = k->dec.skipped;
	bool synced = k->dec.synced;

	for (ssize_t at = 0; at < n;) {
		struct frame f;

		at += (ssize_t)frame_feed(&k->dec, buf + at, (size_t)(n - at));
		while (frame_next(&k->dec, &f))
			on_frame(k, &f);
	}
	/* A gap in the numbers tells the caller that something is missing. */
	if (k->running && synced && (k->dec.lost != lost || k->dec.skipped != skipped))
		k->running->seq++;
	return n > 0;
}

bool keeper_take_console(struct keeper *k)
{
	uint8_t buf[65536];
	ssize_t n = machine_take(&k->m.console, buf, sizeof(buf));

	if (n <= 0)
		return false;
	console_feed(&k->console, buf, (size_t)n);
	if (k->running)
		peer_send_all(k->running, FRAME_CONSOLE, buf, (size_t)n);
	if (!k->ready)
		k->life = clock_ns();
	if (k->console.scan.found && !k->splat_at)
		k->splat_at = clock_ns();
	return true;
}

static void peer_gone(struct keeper *k, struct peer *p)
{
	if (k->taking == p)
		k->taking = NULL;
	if (k->running != p)
		return;
	k->running = NULL;
	if (!k->busy || k->last_word_at)
		return;
	k->gone_at = clock_ns();
	signal_command(k, SIGKILL);
}

static void on_peer(struct keeper *k, struct peer *p, short revents)
{
	uint8_t buf[FRAME_SIZE_MAX];
	struct frame f;
	int fd = -1;

	if (revents & POLLOUT)
		peer_flush(p);
	while (p->fd >= 0 && peer_receive(p, &f, buf, &fd)) {
		if (f.type == FRAME_RUN && fd >= 0 && p->request < 0 && k->running != p) {
			p->request = fd;
			p->ticket = ++k->tickets;
			fd = -1;
		} else if (f.type == FRAME_TAKEN && k->taking == p) {
			k->taking = NULL;
		} else if (f.type == FRAME_END) {
			end_because(k, "it was ended by irqstorm guest --session --end");
		} else if (f.type == FRAME_SIGNAL && f.len == 4 && k->running == p) {
			signal_command(k, (int)get_le32(f.data));
		}
		if (fd >= 0)
			close(fd);
	}
	if (p->fd < 0)
		peer_gone(k, p);
}

static void check_idle(struct keeper *k)
{
	uint64_t now = clock_ns();
	int lock;

	if (k->busy || !k->ready || now - k->idle_since < k->c->idle_ns || next_peer(k))
		return;
	if (!keeper_lock_folder(k, &lock, 0))
		return;
	keeper_welcome(k);
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (k->peers[i].fd >= 0) {
			k->idle_since = now;
			goto out;
		}
	}
	end_because(k, "nobody used it");
	keeper_leave_folder(k);
out:
	if (lock >= 0)
		close(lock);
}

static void check_time(struct keeper *k)
{
	uint64_t now = clock_ns();

	if (now - k->beat_at > NSEC_PER_SEC) {
		for (size_t i = 0; i < PEERS_MAX; i++)
			peer_send(&k->peers[i], FRAME_HEARTBEAT, NULL, 0, -1);
		k->beat_at = now;
		if (!keeper_has_folder(k))
			end_because(k, "its folder is gone");
	}
	keeper_check_mark(k);
	if (k->running && peer_waiting(k->running) > PEER_BACKLOG)
		k->life = now; /* nobody listens, so nothing was heard */
	if (silence_over(&k->silence, k->m.pid, k->life, now,
			 k->ready ? RUN_SILENCE : RUN_SILENCE_BOOT)) {
		k->how = GUEST_SILENT;
		end_because(k, "the guest hangs");
	}
	if (k->gone_at && k->busy && now - k->gone_at > CANCEL_WAIT)
		end_because(k, "a command did not end when its caller had gone");
	if (k->splat_at && !k->busy && now - k->splat_at > SPLAT_WAIT)
		end_because(k, "its kernel reported a problem");
	check_idle(k);
}

/* For a command. */
static bool is_free(const struct keeper *k)
{
	bool taken = !k->taking || k->taking->fd < 0 || clock_ns() - k->taking_since > TAKE_WAIT;

	return k->ready && !k->busy && !k->splat_at && taken;
}

static bool has_room(const struct keeper *k)
{
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (k->peers[i].fd < 0)
			return true;
	}
	return false;
}

static void loop(struct keeper *k)
{
	struct pollfd p[SLOT_COUNT], *const its = &p[SLOT_MACHINE];

	while (!k->ending[0]) {
		nfds_t n = SLOT_MACHINE + machine_poll(&k->m, its);
		struct peer *next = is_free(k) ? next_peer(k) : NULL;

		if (next)
			begin(k, next);
		p[SLOT_LISTEN] = (struct pollfd){
			.fd = has_room(k) ? k->c->listen : -1,
			.events = POLLIN,
		};
		p[SLOT_SIGNAL] = (struct pollfd){.fd = k->c->guest->sigfd, .events = POLLIN};
		for (size_t i = 0; i < PEERS_MAX; i++)
			p[SLOT_PEERS + i] = (struct pollfd){
				.fd = k->peers[i].fd,
				.events = (short)(POLLIN |
						  (peer_waiting(&k->peers[i]) ? POLLOUT : 0)),
			};
		if (k->running && peer_waiting(k->running) > PEER_BACKLOG)
			its[MACHINE_CHANNEL].fd = -1;
		if (poll(p, n, machine_poll_time(&k->m, k->last_word_at ? 20 : TICK_MS)) < 0)
			continue;
		machine_serve(&k->m, its);
		if (its[MACHINE_CONSOLE].revents)
			keeper_take_console(k);
		if (its[MACHINE_CHANNEL].revents)
			keeper_take_channel(k);
		for (size_t i = 0; i < PEERS_MAX; i++) {
			if (p[SLOT_PEERS + i].revents && k->peers[i].fd >= 0)
				on_peer(k, &k->peers[i], p[SLOT_PEERS + i].revents);
		}
		/* It may also have turned out when something was sent there. */
		if (k->running && k->running->fd < 0)
			peer_gone(k, k->running);
		if (p[SLOT_LISTEN].revents)
			keeper_welcome(k);
		if (p[SLOT_SIGNAL].revents && proc_stop_signal(k->c->guest->sigfd))
			end_because(k, "its keeper was told to stop");
		if (its[MACHINE_PID].revents)
			end_because(k, "the guest ended");
		check_time(k);
	}
}

_Noreturn void keeper_run(const struct keeper_config *c)
{
	struct keeper *k = calloc(1, sizeof(*k));
	struct errmsg e = {0};
	struct stat st;

	if (!k)
		_exit(EXIT_ENVIRONMENT);
	k->c = c;
	k->how = GUEST_ENDED;
	machine_init(&k->m);
	for (size_t i = 0; i < PEERS_MAX; i++)
		peer_init(&k->peers[i], -1);
	if (!fstatat(c->dir_fd, SESSION_SOCKET, &st, 0))
		k->socket = st.st_ino;
	if (machine_start(&k->m, c->guest, &e)) {
		keeper_refuse(k, &e);
		_exit(EXIT_ENVIRONMENT);
	}
	/* A kernel's path may have been relative; nothing after this is. */
	if (chdir("/"))
		_exit(EXIT_ENVIRONMENT);
	k->life = k->beat_at = clock_ns();
	loop(k);
	log_note("keeper: the session ends after %u commands: %s", k->number, k->ending);
	keeper_bye(k);
	_exit(EXIT_PASS);
}
