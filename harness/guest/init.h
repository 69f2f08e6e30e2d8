/* SPDX-License-Identifier: MIT */
/*
 * init: irqstorm as PID 1 of a guest. It mounts what is needed, loads the VFIO modules, binds the
 * devices to vfio-pci, runs the one command the guest was booted for, sends its output, files and
 * exit code to the host, and powers off; in a session it goes on with init_session.h instead.
 * Nothing here runs on a host.
 */
#ifndef IRQSTORM_GUEST_INIT_H
#define IRQSTORM_GUEST_INIT_H

#include <stdbool.h>

/* True when this process was started as a guest's init (PID 1, argv[0] "/init"). */
bool guest_init_wanted(const char *argv0);

/* Does not return on success: the guest is powered off. */
int guest_init(void);

#endif
