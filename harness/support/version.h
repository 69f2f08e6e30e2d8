/* SPDX-License-Identifier: MIT */
/* version: which source this is built from; cmake/version.cmake asks git at every build. */
#ifndef IRQSTORM_SUPPORT_VERSION_H
#define IRQSTORM_SUPPORT_VERSION_H

/* "0.1.0", "0.1.0+12.gabcdef012", "0.1.0+unknown": cmake/version.cmake lists the forms. */
extern const char irqstorm_version[];
/* The day of its commit, "2026-11-21". */
extern const char irqstorm_date[];

#endif
