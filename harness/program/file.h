/* SPDX-License-Identifier: MIT */
/* file: programs from files, in whichever form they are. Thread-safe. */
#ifndef IRQSTORM_PROGRAM_FILE_H
#define IRQSTORM_PROGRAM_FILE_H

#include "program/program.h"

#define PROGRAM_FILE_MAX (4u << 20) /* bytes; no program needs as many */

/*
 * @p, which must be initialised, gets the program in @path. What it begins with tells the form: a
 * stored binary (binary.h), text (text.h) when all of it is printable UTF-8, else a fuzz input. "-"
 * is stdin. 0, or a negative errno with @e: exit 3 for a file that cannot be read, 2 for what is in
 * it.
 */
int program_load(const char *path, struct program *p, struct errmsg *e);

/* The same for bytes that are in memory; @name is for messages. */
int program_load_bytes(const void *data, size_t size, const char *name, struct program *p,
		       struct errmsg *e);

#endif
