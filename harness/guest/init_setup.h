/* SPDX-License-Identifier: MIT */
/*
 * init_setup: what the guest's init does before it can start anything: file systems, modules, and
 * the devices' driver. All return 0, or -errno with @e.
 */
#ifndef IRQSTORM_GUEST_INIT_SETUP_H
#define IRQSTORM_GUEST_INIT_SETUP_H

#include "guest/bytes.h"
#include "support/errmsg.h"

int init_mount(struct errmsg *e);

/* finit_module() for each module of the command file, in its order. */
int init_modules(const struct bytes *cmd, struct errmsg *e);

/* Bind each device of the command file to vfio-pci. */
int init_bind(const struct bytes *cmd, struct errmsg *e);

/* Have the memory that survives the guest (last.h) answer. Who writes there tells of a failure. */
void init_last(void);

/* Map the memory through which a session's commands come (mailbox.h), MAILBOX_SIZE of it. */
int init_mailbox(const void **memory, struct errmsg *e);

#endif
