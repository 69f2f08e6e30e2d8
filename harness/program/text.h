/* SPDX-License-Identifier: MIT */
/*
 * text: the .irq form of a program. One operation a line (or several with `;` between), `#` starts
 * a comment, blank lines mean nothing. The `device` line, if any, comes first.
 *
 *   device profile=6.12,vectors=8,msi=4,intx=1,pci23=1,pcie=1,dyn=1,intremap=1,hostvecs=0,
 *          pba=keep|clear,msg=reread|cached,posted=0
 *   (on one line; a key left out has its default; +FEATURE and -FEATURE among them)
 *   set_irqs INDEX ACTION TYPE [start=N] [count=N] [fds=F,F..] [argsz=N] [readable=N]
 *      bools=N,N.. with the type bool. flags=N in place of ACTION TYPE, with items=N,N.. unless
 *      the flags have one data type with data; index=N in place of INDEX. Left out, start is 0
 *      and count the length of the list, 1 without one.
 *      F: e0..e7, file, closed, fd:N for another number, or a negative number
 *   raw HEX | raw -
 *   irq_info INDEX [argsz=N]
 *   fire INDEX VECTOR | fire err | fire req
 *   line 0|1
 *   read SLOT
 *   write SLOT N
 *   close SLOT
 *   open SLOT [semaphore]
 *   dup SLOT SLOT
 *   disintx 0|1
 *   memory 0|1
 *   power d0|d3hot
 *   flr | reset | reopen | wipe
 *   rebind [N]
 *   sriov_count N
 *   table_size N
 *   function_mask 0|1
 *   entry N
 *   scribble N
 *   fail N
 *   at N { OPERATIONS }     fire, read and irq_info, also on lines of their own
 *   expect 0|N|-ERRNO|value=N|flags=N count=N [on FEATURE,!FEATURE..]
 *      on: only where the target has the features named, and none of those with `!`. `on 6.1` and
 *      `on 6.12` of old programs are contexts-within-nvec and !contexts-within-nvec.
 *
 * What is printed parses to the same program, and is canonical: printing what was parsed from it
 * gives the same text. Thread-safe.
 */
#ifndef IRQSTORM_PROGRAM_TEXT_H
#define IRQSTORM_PROGRAM_TEXT_H

#include <stdio.h>

#include "program/program.h"

#define TEXT_OP_MAX 640u /* bytes that any one operation takes, NUL included */

/*
 * @p, which must be initialised, gets the program of the @len bytes at @text. 0; -EINVAL or -E2BIG
 * with @e saying "NAME:LINE: what is wrong" (exit 2); -ENOMEM. @p is empty after an error.
 */
int text_parse(const char *text, size_t len, const char *name, struct program *p, struct errmsg *e);

/* One operation without its newline; of `at`, the opening line. Returns @buf, cut to @size. */
const char *text_op(const struct op *op, char *buf, size_t size);

/* "-EINVAL", "0", "7": what an operation returned. Returns @buf. */
const char *text_ret(int64_t ret, char *buf, size_t size);

/*
 * The kind of operation without its numbers: "set_irqs/msix/trigger/eventfd" (RAW is the same call
 * in another spelling), "fire/msi", "power". Returns @buf.
 */
const char *text_op_class(const struct op *op, char *buf, size_t size);

/* An operation as a line. Whether the writes worked, ferror() tells. */
void text_print_op(const struct op *op, FILE *f);
void text_print(const struct program *p, FILE *f);
/* The same as a string, to be freed. NULL: out of memory. */
char *text_of(const struct program *p);

#endif
