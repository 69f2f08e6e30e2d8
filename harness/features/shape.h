/* SPDX-License-Identifier: MIT */
/*
 * shape: what a function's configuration space says of its interrupts. From it, and from features,
 * follows what GET_IRQ_INFO has to count (R16): whoever asks GET_IRQ_INFO itself cannot see that it
 * is wrong. Plain data, thread-safe.
 */
#ifndef IRQSTORM_FEATURES_SHAPE_H
#define IRQSTORM_FEATURES_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/vfio_irq.h"

struct shape {
	bool known;    /* configuration space was read; else all below is 0 */
	bool pcie;     /* has the PCI Express capability */
	bool vf;       /* is a virtual function: has no pin of its own */
	bool irqless;  /* has a pin, but the host has no irq for it, as far as that can be seen */
	uint8_t pin;   /* Interrupt Pin as the user sees it: vfio's virtual one, 0: none */
	uint16_t msi;  /* 1 << Multiple Message Capable, 0: no capability */
	uint16_t msix; /* Table Size + 1, 0: no capability */
};

/*
 * @read gets 4 bytes of configuration space, in the host's byte order, at @reg, a multiple of 4;
 * returns 0 or -errno. Fills what configuration space tells: all but vf and irqless. 0 or -errno.
 */
int shape_read(int (*read)(void *data, uint32_t reg, uint32_t *value), void *data,
	       struct shape *out);

/* How many interrupts @index has by the rules; of ERR 0 means that it is refused (R14). */
uint32_t shape_count(const struct shape *s, uint32_t features, uint32_t index);

#endif
