/* SPDX-License-Identifier: MIT */
/*
 * accel: whether KVM can be used. That /dev/kvm opens does not prove it (nested virtualization may
 * start a guest and then kill it), so `auto` boots a guest to the end once a boot of the host and
 * remembers what came of it.
 */
#ifndef IRQSTORM_GUEST_ACCEL_H
#define IRQSTORM_GUEST_ACCEL_H

#include "guest/guest.h"

/*
 * *@accel becomes "kvm" or "tcg" for @c, whose own .accel does not matter. 0, or -EINTR with @e
 * when a stop signal came.
 */
int accel_choose(const struct guest_config *c, const char **accel, struct errmsg *e);

/* What came of the trial boot since the host was booted: "kvm", "tcg", or NULL for none yet. */
const char *accel_remembered(void);

#endif
