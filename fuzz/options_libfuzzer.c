/* SPDX-License-Identifier: MIT */
/*
 * options_libfuzzer: what libFuzzer is told when the user does not say otherwise; who does comes
 * later in the command line and wins. With (state, operation, result) as features each input has
 * dozens, and libFuzzer by default keeps a book on how rare each of them is, which takes longer
 * than to run a program.
 */
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char entropic[] = "-entropic=0";
	static char **words; /* for as long as the process lives */
	size_t given = (size_t)*argc;

	words = calloc(given + 2, sizeof(*words));
	if (!words || !given)
		return 0; /* slower, that is all */
	words[0] = (*argv)[0];
	words[1] = entropic;
	memcpy(words + 2, *argv + 1, (given - 1) * sizeof(*words));
	*argv = words;
	*argc += 1;
	return 0;
}
