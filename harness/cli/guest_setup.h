/* SPDX-License-Identifier: MIT */
/*
 * guest_setup: from the options of irqstorm guest to the guest that they describe. What is not
 * given is NULL or 0 in the options, so that a session that runs can say what it is.
 */
#ifndef IRQSTORM_CLI_GUEST_SETUP_H
#define IRQSTORM_CLI_GUEST_SETUP_H

#include "cli/guest_fresh.h"
#include "cli/guest_job.h"
#include "guest/crossing.h"
#include "guest/guest.h"

enum accel_choice { ACCEL_AUTO, ACCEL_TCG, ACCEL_KVM };
enum intremap_choice { INTREMAP_ON, INTREMAP_OFF, INTREMAP_UNSAID };

#define FRESH_UNSAID UINT64_MAX

struct guest_options {
	const char *kernel, *devices, *memory, *append, *keep_log, *fuzz_dir, *session;
	uint64_t smp, timeout, idle, fresh;
	uint32_t accel, intremap;
	bool quiet, end;
};

struct guest_setup {
	struct guest_config c;
	struct kernel_spec spec;
	struct kernel kernel;
	struct devices devices;
	struct crossing x;
	struct guest_fresh fresh;
	char qemu[PATH_MAX], init[PATH_MAX], program[PATH_MAX];
};

/* That is booted when none is named. */
const char *guest_default_kernel(void);

/* SIGINT, SIGTERM and SIGHUP from now on come at the descriptor that is returned; or -errno. */
int guest_signals(struct errmsg *e);

/* Everything but the kernel. 0, or -errno with @e; free in any case. */
int guest_setup_init(struct guest_setup *g, const struct guest_options *o,
		     const struct guest_job *job, int sigfd, struct errmsg *e);

/* The kernel, which may have to be fetched, and the accelerator, which may have to be tried. */
int guest_setup_kernel(struct guest_setup *g, const struct guest_options *o, struct errmsg *e);

void guest_setup_free(struct guest_setup *g);

#endif
