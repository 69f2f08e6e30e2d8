/* SPDX-License-Identifier: MIT */
/*
 * installed: what the package irqstorm-fuzz puts beside the package irqstorm: builds of the presets
 * fuzz-bare, zoo, afl and zoo-afl, each as it lies in its build folder. It is found from the
 * program that runs, wherever the whole was moved.
 */
#ifndef IRQSTORM_SUPPORT_INSTALLED_H
#define IRQSTORM_SUPPORT_INSTALLED_H

#include <limits.h>

/* The path of @below, "PRESET/fuzz/NAME". 0, or -errno when it is not there. */
int installed_path(const char *below, char path[PATH_MAX]);

#endif
