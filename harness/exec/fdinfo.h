/* SPDX-License-Identifier: MIT */
/*
 * fdinfo: what the kernel tells of a descriptor of this process, without changing it:
 * /proc/self/fdinfo/N (fs/eventfd.c, eventfd_show_fdinfo). Thread-safe.
 */
#ifndef IRQSTORM_EXEC_FDINFO_H
#define IRQSTORM_EXEC_FDINFO_H

#include <stdint.h>

/* A descriptor of the file about @fd, which can be read again and again; -errno. */
int fdinfo_open(int fd);

/* The number after "@key:", in the given base. 0, -errno, or -EOPNOTSUPP: no such line. */
int fdinfo_read(int info, const char *key, int base, uint64_t *value);

#endif
