/* SPDX-License-Identifier: MIT */
/*
 * script: a strategy whose resizes are a program's (program/program.h): `stress --resize
 * program:FILE`, and what fuzz_irq_stress fuzzes. Of the program it plays what resizes:
 *	set_irqs msix trigger eventfd	arms and disarms the vectors of its range: fd codes 0 to 7
 *					arm, with the eventfd of side fd % 2; all others disarm
 *	set_irqs msix trigger none count=0	disable, and enable again with what is wanted
 * Ranges are taken modulo the vectors there are; stable vectors are set again rather than disarmed.
 * Other operations are passed over: script_check.h says which they are, and whether that matters.
 * At the end it begins anew.
 */
#ifndef IRQSTORM_VMM_SCRIPT_H
#define IRQSTORM_VMM_SCRIPT_H

#include "program/program.h"
#include "vmm/strategy.h"

extern const struct strategy strategy_script;

enum script_move { SCRIPT_NONE, SCRIPT_SET, SCRIPT_DISABLE };
/* What @op is to a script; the head of a call is in @head. */
enum script_move script_move_of(const struct op *op, struct request_head *head);

/* Leaves of @p what is played; descriptors that arm nothing become -1. */
void script_strip(struct program *p);

/* Has @p an operation that script plays? One without would keep it looking for ever. */
bool script_resizes(const struct program *p);

#endif
