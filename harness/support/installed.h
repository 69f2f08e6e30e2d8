/* SPDX-License-Identifier: MIT */
/*
 * installed: other builds than the one that runs. In the source they are beside it, in the build
 * folders of their presets; installed, the package irqstorm-fuzz has some (fuzz-bare, zoo, afl and
 * zoo-afl), each as it lies in its build folder. They are found from the program that runs,
 * wherever the whole was moved.
 */
#ifndef IRQSTORM_SUPPORT_INSTALLED_H
#define IRQSTORM_SUPPORT_INSTALLED_H

#include <limits.h>

/* The path of @below, "PRESET/fuzz/NAME". 0, or -errno when it is not there. */
int installed_path(const char *below, char path[PATH_MAX]);

/* The same of a build folder: BUILD/@below, when this program is BUILD/PRESET/harness/cli/NAME. */
int installed_sibling(const char *below, char path[PATH_MAX]);

#endif
