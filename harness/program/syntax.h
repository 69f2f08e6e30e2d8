/* SPDX-License-Identifier: MIT */
/*
 * syntax: the words of the text form, as tables that printing and parsing share. Private to
 * harness/program.
 */
#ifndef IRQSTORM_PROGRAM_SYNTAX_H
#define IRQSTORM_PROGRAM_SYNTAX_H

#include "program/program.h"

/*
 * args: one letter an argument, in order.
 *   s slot   t slot2   v value   V value, may be left out (0)   m "semaphore" or value, may be left
 *   out (0)   p value as d0, d3hot or a number   i index   n start   o start, may be left out for
 *   ERR and REQ (0)   a argsz=, may be left out   * a form of its own
 */
struct syntax {
	const char *name;
	const char *args;
};
extern const struct syntax syntax[OP_KINDS];

extern const char *const syntax_index[VFIO_PCI_NUM_IRQS];

struct syntax_flag {
	const char *name;
	uint32_t flag;
};
extern const struct syntax_flag syntax_actions[3], syntax_types[3];

/* The only one of @words whose bit is all of @flags, or NULL. */
const char *syntax_flag_name(const struct syntax_flag words[3], uint32_t flags);

/* The key of the data list that goes with the data type in @flags: "fds", "bools" or "items". */
const char *syntax_list_key(uint32_t flags);

/* "EINVAL" for 22, NULL for a number without a name; and back, 0 for no name. */
const char *syntax_errno_name(int64_t number);
int syntax_errno(const char *name, size_t len);

#define SYNTAX_VECTORS 64u /* the device line's defaults, beside DEVICE_DEFAULT */
#define SYNTAX_MSI     16u

struct syntax_device_flag {
	const char *key, *off, *on;
	uint16_t flag;
};
extern const struct syntax_device_flag syntax_device_flags[9];

#endif
