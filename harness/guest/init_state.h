/* SPDX-License-Identifier: MIT */
/*
 * init_state: what of a guest a command can change and leave changed: sysctls, modules and their
 * parameters, interrupts' affinity, CPUs, PCI devices with their drivers and the writable part of
 * their configuration space, mounts, and the files of the root. One table names where it is to be
 * read. It is taken once, and compared after each command.
 */
#ifndef IRQSTORM_GUEST_INIT_STATE_H
#define IRQSTORM_GUEST_INIT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state_item {
	char *name; /* its path; one that is no file of its own has a '#' and a word behind it */
	uint8_t *value;
	size_t len;
	uint8_t source; /* its row of the table */
};

struct state {
	struct state_item *v; /* sorted by name */
	size_t n, room;
};

/* 0 or -ENOMEM. Free in any case. */
int init_state_take(struct state *s);
void init_state_free(struct state *s);

/*
 * Compare, put back what differs, and tell each: @undone false, it could not be. What only came or
 * went is told. Returns how many could not be put back.
 */
unsigned int init_state_restore(const struct state *before,
				void (*tell)(void *arg, const char *text, bool undone), void *arg);

#endif
