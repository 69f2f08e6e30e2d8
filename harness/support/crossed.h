/* SPDX-License-Identifier: MIT */
/*
 * crossed: what the host calls the files that `irqstorm guest` takes into a guest. Inside, a file
 * is /in/0.name or /out/0.name; what is printed there is read on the host, where no such path
 * exists. The host tells the names in an environment variable, as lines "GUEST\tHOST\n".
 */
#ifndef IRQSTORM_SUPPORT_CROSSED_H
#define IRQSTORM_SUPPORT_CROSSED_H

#include <stdbool.h>
#include <stddef.h>

#define CROSSED_VARIABLE "IRQSTORM_NAMES"
/* A variable is at most 128 KiB (execve(2)); names beyond this are not told. */
#define CROSSED_MAX      ((size_t)96 * 1024)

/* Can the list hold this pair? A name with a line feed or a tab cannot be told. */
bool crossed_can_tell(const char *guest, const char *host);

/*
 * The host's name of @path, or of the folder that it is in and the rest; @path itself where it did
 * not cross. A value "WORD:PATH" keeps its word. NULL: out of memory; freed by the caller.
 */
char *crossed_name(const char *path);

/* The same of every such path in @text, for messages; what does not fit into @size is cut off. */
void crossed_text(const char *text, char *buf, size_t size);

#endif
