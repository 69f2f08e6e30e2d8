/* SPDX-License-Identifier: MIT */
/*
 * script_check: what of a program script.h does not play as it stands. A line that would change
 * what the resizes come to (a loopback that was meant to remove, a reset, another index) cannot be
 * left out without playing another program: such a program is refused. Other lines (a read, a fire,
 * an `expect`) say nothing of the resizes; they are left out, and listed, so that nobody takes them
 * for played. Thread-safe.
 */
#ifndef IRQSTORM_VMM_SCRIPT_CHECK_H
#define IRQSTORM_VMM_SCRIPT_CHECK_H

#include "support/errmsg.h"
#include "vmm/script.h"

#define SCRIPT_NOTES     32u
#define SCRIPT_NOTE_TEXT 320u

struct script_notes {
	uint32_t n;
	char text[SCRIPT_NOTES][SCRIPT_NOTE_TEXT];
	const char *list[SCRIPT_NOTES + 1]; /* the same, NULL at the end */
};

/*
 * @p, by the name of @name, for @vectors of which @stable stay. 0 with a note for each kind of line
 * that is not played; -EINVAL with @e (exit 2) for a program that cannot be played.
 */
int script_check(const struct program *p, const char *name, uint32_t vectors, uint32_t stable,
		 struct script_notes *out, struct errmsg *e);

#endif
