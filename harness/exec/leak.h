/* SPDX-License-Identifier: MIT */
/*
 * leak: does a real kernel keep eventfd references that no trigger accounts for? The ids of
 * eventfds (fdinfo) are the lowest free numbers of one allocator (R66): when everything is closed,
 * new eventfds get the ids that were free at the start, unless something is still held. Releases
 * that the kernel defers (R63) are waited for. Other users of eventfds on the machine can take ids
 * as well: then nothing can be said, and nothing is.
 */
#ifndef IRQSTORM_EXEC_LEAK_H
#define IRQSTORM_EXEC_LEAK_H

#include "exec/executor.h"

struct leak {
	bool on;
	uint64_t first; /* id that a new eventfd got when the slots were open and nothing else */
};

/* The device is as after open. Off for an emulator: it counts its references. 0 or -errno. */
int leak_init(struct leak *l, struct executor *x, struct errmsg *e);

/*
 * Opens the device anew and looks: @r->difference becomes DIFF_REFERENCES when ids are missing,
 * DIFF_ACTIVE when the kernel still has handlers of the device.
 */
int leak_check(struct leak *l, struct executor *x, struct exec_result *r, struct errmsg *e);

#endif
