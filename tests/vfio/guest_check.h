/* SPDX-License-Identifier: MIT */
/*
 * guest_check: what the programs share that check the vfio backend against a real kernel, inside a
 * guest and as root. A check gets the state that the ones before it left, and says what came out;
 * the tables say the order. One line a check, `N passed, N failed, N skipped` at the end.
 */
#ifndef IRQSTORM_TESTS_VFIO_GUEST_CHECK_H
#define IRQSTORM_TESTS_VFIO_GUEST_CHECK_H

#include "vfio/vfio.h"

#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define MSI  VFIO_PCI_MSI_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

#define VECTORS 4

#define WAIT_MS 2000 /* for what must come */
#define IDLE_MS 50   /* for what must not: several times the 15 ms that a slow one takes in TCG */

struct state {
	const char *profile; /* "6.1" or "6.12": what the kernel must be; NULL: not told */
	const char *device;  /* what messages call it; NULL: nothing */
	struct backend *be;
	struct backend_desc desc;
	struct errmsg e;
	struct irq_set_buf buf;
	int32_t fd[VECTORS];
	char why[1200];
	bool recover;          /* reopen the device after a check that failed */
	unsigned int count[3]; /* by verdict */
};

enum verdict { OK, FAILED, SKIPPED };

struct check {
	const char *name; /* NULL ends a table */
	enum verdict (*run)(struct state *s);
};

#define CHECK(f)                                                                                   \
	{                                                                                          \
		.name = #f, .run = (f)                                                             \
	}
#define CHECK_END                                                                                  \
	{                                                                                          \
		.name = NULL                                                                       \
	}

__attribute__((format(printf, 2, 3))) enum verdict fail(struct state *s, const char *fmt, ...);
enum verdict skip(struct state *s, const char *why);

#define WANT(call, want)                                                                           \
	do {                                                                                       \
		long got_ = (long)(call);                                                          \
		if (got_ != (long)(want))                                                          \
			return fail(s, "line %d: %s is %ld, not %ld", __LINE__, #call, got_,       \
				    (long)(want));                                                 \
	} while (0)

/* For calls that give a verdict. */
#define MUST(call)                                                                                 \
	do {                                                                                       \
		enum verdict v_ = (call);                                                          \
		if (v_ != OK)                                                                      \
			return v_;                                                                 \
	} while (0)

void state_init(struct state *s);
/* Close what is open and say how many passed; the exit code. */
int state_end(struct state *s);

/* False when a check failed and left no open device: nothing else can be checked. */
bool run_checks(const struct check *c, struct state *s);

/* As vfio_open, into s->be and s->e. */
int open_device(struct state *s, const char *bdf, const char *trigger);
void close_device(struct state *s);

/* One SET_IRQS each; what the ioctl returns. */
int arm(struct state *s, uint32_t index, uint32_t start, uint32_t count, const int32_t *fds);
int disarm(struct state *s, uint32_t index, uint32_t vector);
int disable(struct state *s, uint32_t index);
int loopback(struct state *s, uint32_t index, uint32_t vector);
int set_intx_mask(struct state *s, bool mask);

/* The counter of @fd, 0 when nothing comes within @ms. */
uint64_t wait_count(int fd, int ms);
/* Fails when an eventfd of the state has a signal, or gets one within IDLE_MS. */
enum verdict expect_quiet(struct state *s);

#endif
