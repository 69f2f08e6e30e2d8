/* SPDX-License-Identifier: MIT */
/* ledger_rig: a tally and the ledger of vector 7, armed, anew for each test of the books. */
#ifndef IRQSTORM_TESTS_LEDGER_RIG_H
#define IRQSTORM_TESTS_LEDGER_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/account.h"

static struct tally *t;
static struct ledger l;

static void setup(void)
{
	t = malloc(sizeof(*t));
	cr_assert_not_null(t);
	tally_init(t);
	cr_assert_eq(ledger_init(&l, 7, 64, VEC_ARMED), 0);
}

static void teardown(void)
{
	ledger_destroy(&l);
	free(t);
}

#endif
