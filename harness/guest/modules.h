/* SPDX-License-Identifier: MIT */
/*
 * modules: the kernel modules that VFIO needs, found below a folder, decompressed, in load order.
 * The order comes from a fixed list and from what each module itself says it depends on, so that a
 * kernel which splits VFIO in another way still loads. What is not there is taken as built in.
 */
#ifndef IRQSTORM_GUEST_MODULES_H
#define IRQSTORM_GUEST_MODULES_H

#include <stdbool.h>

#include "guest/bytes.h"
#include "support/errmsg.h"

#define MODULE_NAME_MAX 64

struct module {
	char name[MODULE_NAME_MAX]; /* as the kernel says it: underscores */
	struct bytes data;          /* the ELF file, not compressed */
};

struct modules {
	struct module *v;
	size_t n;
};

/* 0 (also when none is there) or -errno with @e; -EINTR when stopped through @sigfd. */
int modules_collect(struct modules *m, const char *dir, int sigfd, struct errmsg *e);

bool modules_have(const struct modules *m, const char *name);

void modules_free(struct modules *m);

/*
 * "vfio_pci.ko.xz" -> "vfio_pci", with '-' as '_'. @decompressor: the program that unpacks it, NULL
 * for a plain .ko. False when @file is no module.
 */
bool module_name(const char *file, char name[MODULE_NAME_MAX], const char **decompressor);

/* The comma-separated depends= of an ELF module ("" for none), inside @elf; NULL if it has none. */
const char *module_depends(const struct bytes *elf);

/*
 * The parameters that the kernel's command line @cmdline has for the module @name, as
 * finit_module() wants them ("PARAM=VALUE PARAM=VALUE", quotes kept): MODULE.PARAM=VALUE with '-'
 * and '_' taken as the same in MODULE. What does not fit @size is left out whole. Returns @buf.
 */
const char *module_params(const char *cmdline, const char *name, char *buf, size_t size);

#endif
