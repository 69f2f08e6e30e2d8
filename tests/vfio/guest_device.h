/* SPDX-License-Identifier: MIT */
/* guest_device: what its parts share. */
#ifndef IRQSTORM_TESTS_VFIO_GUEST_DEVICE_H
#define IRQSTORM_TESTS_VFIO_GUEST_DEVICE_H

#include "guest_check.h"

/* Tables for an open device, by what it can raise; each check leaves every index disabled. */
extern const struct check any_checks[];
extern const struct check msix_checks[];
extern const struct check line_checks[];
extern const struct check msi_checks[];

/* Of devices that are not open: one with 2048 vectors, and two that have one INTx line. */
void check_vectors(struct state *s, const char *bdf);
void check_line(struct state *s, const char *holder, const char *bdf);

bool can(const struct state *s, enum backend_device_op op);
bool dynamic(const struct state *s);

/* Fails unless inspect() sees that index and these vectors (a mask) with a handler. */
enum verdict expect_active(struct state *s, uint32_t type, uint64_t mask);

#endif
