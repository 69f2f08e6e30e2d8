/* SPDX-License-Identifier: MIT */
/*
 * guest: one run of one guest. Boots it, serves its devices, streams its output to ours, carries
 * signals in and files out, keeps the kernel log, and watches that it stays alive. What the outcome
 * means is judge.h's business.
 */
#ifndef IRQSTORM_GUEST_GUEST_H
#define IRQSTORM_GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/arch.h"
#include "guest/bytes.h"
#include "guest/console.h"
#include "guest/devices.h"
#include "guest/kernel.h"
#include "support/errmsg.h"
#include "support/outfile.h"

struct guest_infile {
	const char *host;  /* where it is; NULL: a folder, which comes before what is in it */
	const char *guest; /* absolute path inside */
};

struct guest_outfile {
	const char *host;
	const char *guest;
	bool folder;         /* whose files come one after the other; one level of folders in it */
	struct outfile file; /* open before the guest boots; a folder's: the one that comes now */
	char *path;          /* of that one, in a folder */
	uint32_t files;      /* of a folder, that came whole */
	struct errmsg why;   /* the first one that could not be written */
	uint64_t size, got;
	uint32_t crc;
	bool begun, delivered;
};

struct guest_config {
	const struct kernel *kernel;
	const struct devices *devices;
	const struct guest_arch *arch;
	const char *init; /* the irqstorm that runs inside */
	const char *qemu; /* resolved path */
	const char *accel;
	const char *memory;
	const char *append; /* added to the kernel's command line; NULL for nothing */
	bool no_intremap;   /* an IOMMU without interrupt remapping, and VFIO told to allow it */
	unsigned int smp;
	uint64_t timeout_ns;
	bool probe;          /* boot, report, power off: no subcommand */
	bool session;        /* boot, then run what comes through the mailbox */
	bool mute;           /* drop what the subcommand prints */
	bool hold;           /* keep what it prints to stdout in .held, as long as it is little */
	struct bytes *held;  /* the caller's */
	const char *program; /* a static program to run in place of irqstorm; NULL for irqstorm */
	char *const *argv;
	int argc;
	const struct guest_infile *in;
	size_t n_in;
	struct guest_outfile *out;
	size_t n_out;
	int sigfd;       /* signalfd of SIGINT, SIGTERM and SIGHUP, which are blocked */
	int capture;     /* the subcommand's output goes to this file; 0: to ours */
	FILE *console;   /* copy of the kernel log; NULL for none */
	bool quiet;      /* say nothing about the boot */
	const char *via; /* "irqstorm guest ... --", which repeats the run; NULL: not known */
};

enum guest_end {
	GUEST_ENDED,   /* QEMU ended by itself, or the guest had said its last word */
	GUEST_STOPPED, /* by the user's signal */
	GUEST_SILENT,  /* no sign of life: killed */
	GUEST_TIMEOUT, /* over the time limit: killed */
};

struct guest_result {
	enum guest_end end;
	int stop_signal; /* that came to us, and was passed on or ended the guest; 0: none */
	bool ready;      /* the subcommand was started */
	bool exited;     /* the guest reported the end of the subcommand */
	int code;        /* its exit code */
	int signal;      /* that ended it, or 0 */
	uint64_t tainted;
	uint64_t boot_ns, total_ns;
	uint32_t turn;       /* of a session's commands: its number; else 0 */
	uint64_t lost;       /* frames of the channel that did not arrive whole */
	int stdout_errno;    /* our stdout or stderr did not take it all */
	int qemu_status;     /* of waitpid() */
	char qemu_says[256]; /* the line of its stderr that tells most */
	char release[96];
	int last; /* what the guest's programs wrote down, see last.h; -1 for nothing */
	struct console console;
};

/* 0 when QEMU ran, whatever came of it; else -errno with @e. Free with guest_result_free(). */
int guest_run(const struct guest_config *c, struct guest_result *r, struct errmsg *e);

void guest_result_free(struct guest_result *r);

#endif
