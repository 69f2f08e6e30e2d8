/* SPDX-License-Identifier: MIT */
/* fragments: the files *.config of this folder; embed.cmake makes them C. */
#ifndef IRQSTORM_KERNEL_FRAGMENTS_H
#define IRQSTORM_KERNEL_FRAGMENTS_H

extern const char fragment_base[];
extern const char fragment_debug[];
extern const char fragment_kcov[];

#endif
