/* SPDX-License-Identifier: MIT */
/*
 * keeper: what a session's keeper has in hand. Private to session_keeper.c, which serves, and
 * session_bye.c, which ends.
 */
#ifndef IRQSTORM_GUEST_KEEPER_H
#define IRQSTORM_GUEST_KEEPER_H

#include <sys/types.h>

#include "guest/console.h"
#include "guest/frame.h"
#include "guest/machine.h"
#include "guest/session_keeper.h"
#include "guest/session_peer.h"
#include "guest/silence.h"

#define PEERS_MAX 64

struct keeper {
	const struct keeper_config *c;
	struct machine m;
	struct frame_decoder dec;
	struct console console;
	struct peer peers[PEERS_MAX];
	struct peer *running; /* whose command runs; NULL when none does, or its caller has gone */
	struct peer *taking;  /* who still reads what the last command left (last.h) */
	uint64_t taking_since;
	char release[96];
	bool ready, busy;
	bool dirty; /* something cannot be put back: the command's end is the session's */
	bool told;  /* somebody of what the kernel reported */
	uint32_t number;
	uint64_t tickets;
	uint8_t seq;
	uint64_t boot_ns, life, idle_since, beat_at, gone_at, splat_at;
	struct silence silence;
	size_t turn_at; /* where in the log the command's part begins */
	bool marked;    /* its end is to be found in the log */
	uint8_t last_word[16];
	uint64_t last_word_at; /* 0: not said */
	ino_t socket;          /* ours, to know it by */
	enum guest_end how;    /* the guest ended */
	char ending[160];      /* why the session ends; "" while it lives */
};

/* Who connects next is a peer, and told of the session. */
void keeper_welcome(struct keeper *k);
/* What is there of the kernel's log, of frames. False: nothing. */
bool keeper_take_console(struct keeper *k);
bool keeper_take_channel(struct keeper *k);
/* The command's part of the log may be whole by now. */
void keeper_check_mark(struct keeper *k);

/* rm -rf of the folder ends the session, too. */
bool keeper_has_folder(const struct keeper *k);
/*
 * With the lock held nobody is about to connect; who did is still to be served. False: not within
 * @wait. *@lock is to be closed, -1 when there is none any more.
 */
bool keeper_lock_folder(const struct keeper *k, int *lock, uint64_t wait);
void keeper_leave_folder(const struct keeper *k);

/* End the guest and tell whoever is there, or leave a word for who comes. */
void keeper_bye(struct keeper *k);
/* No guest was started. */
void keeper_refuse(struct keeper *k, const struct errmsg *e);

#endif
