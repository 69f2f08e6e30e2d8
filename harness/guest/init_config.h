/* SPDX-License-Identifier: MIT */
/*
 * init_config: the part of a PCI function's configuration space that says how it is set up, and
 * that whoever used it can leave changed: header without the status, and the control words of
 * MSI, MSI-X and PCI Express (PCI Local Bus 3.0 chapter 6, PCIe Base 7.5). What the function
 * counts or reports is not in it.
 */
#ifndef IRQSTORM_GUEST_INIT_CONFIG_H
#define IRQSTORM_GUEST_INIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CONFIG_STATE 128 /* bytes at most */

/* @device: its folder in sysfs. The size of what is in @state, or -errno. */
ssize_t config_take(const char *device, uint8_t *state);

/* Write what differs of @state. True when all is as in it. */
bool config_put(const char *device, const uint8_t *state, size_t len);

/* The command register, and the control words. */
void config_show(const uint8_t *state, size_t len, char *buf, size_t size);

#endif
