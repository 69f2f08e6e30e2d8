/* SPDX-License-Identifier: MIT */
/*
 * guard: hands the kernel a request that ends where the caller said it ends. The request is copied
 * so that its last byte is the last byte of a mapping; whatever the kernel reads beyond it faults
 * (R3, R9). Made at the first use; calls through one guard take turns.
 */
#ifndef IRQSTORM_VFIO_GUARD_H
#define IRQSTORM_VFIO_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct guard {
	pthread_mutex_t lock;
	char *map; /* NULL until the first use */
	size_t room, total;
};

void guard_init(struct guard *g);
void guard_destroy(struct guard *g);

/* False when the kernel cannot come to read past @size bytes at @arg: then no copy is needed. */
bool guard_needed(const void *arg, size_t size);

/* ioctl(@fd, VFIO_DEVICE_SET_IRQS) on the @size bytes at @arg. What the ioctl returns, or -errno.
 */
int guard_set_irqs(struct guard *g, int fd, const void *arg, size_t size);

#endif
