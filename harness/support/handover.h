/* SPDX-License-Identifier: MIT */
/*
 * handover: in a guest, has the folders that this program writes brought out to the host at once,
 * so that a guest that dies takes nothing finished with it. Elsewhere there is nothing to do.
 */
#ifndef IRQSTORM_SUPPORT_HANDOVER_H
#define IRQSTORM_SUPPORT_HANDOVER_H

/* Of the line to the guest's init, which a subcommand finds open. */
#define HANDOVER_FD       100
#define HANDOVER_VARIABLE "IRQSTORM_HANDOVER" /* set where it is */

/* Returns when all is out, or a signal came. It keeps a CPU busy meanwhile: not while measuring. */
void handover(void);

#endif
