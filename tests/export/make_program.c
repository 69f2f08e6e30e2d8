/* SPDX-License-Identifier: MIT */
/*
 * make_program SEED OPERATIONS emu|real [RET WRONG]: a random program as text on stdout. RET WRONG
 * plants an `expect WRONG` behind the last call that returns RET.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"
#include "program/text.h"

int main(int argc, char **argv)
{
	struct executor x;
	struct program p;
	struct errmsg e;

	if (argc != 4 && argc != 6)
		return 2;
	program_init(&p);
	if (executor_open(&x, "emu", &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 3;
	}
	generate(&x, strtoull(argv[1], NULL, 0), (uint32_t)atoi(argv[2]), !strcmp(argv[3], "real"),
		 &p);
	if (argc == 6 && !plant_expect(&x, &p, atoi(argv[4]), atoi(argv[5])))
		return 1;
	text_print(&p, stdout);
	executor_close(&x);
	program_free(&p);
	return 0;
}
