/* SPDX-License-Identifier: MIT */
/*
 * gone: a device that dies, sleeps or is taken away in the middle of a run shows losses and
 * differences that are no fault of the kernel, and calls that fail for no other reason. Before one
 * of these is told the device is asked whether it still answers.
 */
#ifndef IRQSTORM_BACKEND_GONE_H
#define IRQSTORM_BACKEND_GONE_H

#include "backend/backend.h"
#include "support/errmsg.h"

/*
 * Something was found (@err 0), or failed with @err and @e. @err, and @e as it is, when the device
 * of @be answers; else -errno, and @e (exit 3) says that it does not. @be may be NULL.
 */
int gone_explain(struct backend *be, int err, struct errmsg *e);

#endif
