/* SPDX-License-Identifier: MIT */
/* export_parts: files of the source tree that exports are made of; embed.cmake makes them C. */
#ifndef IRQSTORM_PROGRAM_EXPORT_PARTS_H
#define IRQSTORM_PROGRAM_EXPORT_PARTS_H

/* export_c.in: C in sections, each after a line "//@ NAME"; the first has no such line. */
extern const char export_part_c[];
/* irqstorm-vfio.txt: syzlang */
extern const char export_part_syz[];

#endif
