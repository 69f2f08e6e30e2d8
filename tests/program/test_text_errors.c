/* SPDX-License-Identifier: MIT */
/* Text that is wrong: the line, and what would be right. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"
#include "support/rng.h"

static const struct {
	const char *text, *says;
} wrong[] = {
	{"reset\nfoo 1", "t:2: operation: `foo` is not known"},
	{"\n\n# c\nfire msix", "t:4: fire: needs a vector"},
	{"fire msix x", "t:1: vector: `x` is not a number"},
	{"fire msix 4294967296", "t:1: vector: `4294967296` is not"},
	{"fire msiy 1", "t:1: index: `msiy` is not intx, msi, msix, err, req or index=N"},
	{"read e8", "t:1: slot: `e8` is not e0..e7"},
	{"read", "t:1: read: needs a slot (e0..e7)"},
	{"reset 1", "t:1: reset: `1` is not expected"},
	{"write e0 -1", "t:1: write: `-1` is not a number"},
	{"write e0 18446744073709551616", "is not a number"},
	{"line", "t:1: line: needs a number"},
	{"power d1", "t:1: power: `d1` is not d0, d3hot or a number"},
	{"irq_info msix size=3", "t:1: irq_info: `size=3` is not argsz=N"},
	{"irq_info msix argsz=4294967295", "leave it out"},
	{"set_irqs", "t:1: set_irqs: needs an index"},
	{"set_irqs msix", "t:1: set_irqs: needs either an action"},
	{"set_irqs msix trigger", "needs either an action"},
	{"set_irqs msix trigger none flags=1", "needs either an action"},
	{"set_irqs msix msi trigger none", "`msi` is not needed: said already"},
	{"set_irqs msix mask trigger none", "`trigger` is not needed: said already"},
	{"set_irqs msix trigger eventfd bools=1", "with these flags the data is fds="},
	{"set_irqs msix trigger none fds=e0", "with these flags the data is items="},
	{"set_irqs msix trigger eventfd fds=e8", "t:1: fds: `e8` is not e0..e7, file"},
	{"set_irqs msix trigger eventfd fds=", "t:1: fds: `` is not"},
	{"set_irqs msix trigger eventfd fds=e0,", "t:1: fds: `` is not"},
	{"set_irqs msix trigger eventfd fds=3", "`3` is not"},
	{"set_irqs msix trigger eventfd fds=-2147483649", "is not"},
	{"set_irqs msix trigger bool bools=1,1,1,1,1,1,1,1,1,1,1,1,1", "more than 12 items"},
	{"set_irqs msix trigger none cuont=3", "`cuont=3` is not known"},
	{"set_irqs msix trigger none count=1 count=2", "said already"},
	{"raw", "t:1: raw: needs the bytes"},
	{"raw 0", "t:1: raw: needs two digits a byte"},
	{"raw 0g", "is not hexadecimal"},
	{"at 2 {\nread e0", "t:2: the block opened in line 1 has no `}`"},
	{"at 2\nread e0", "t:1: at: needs `{`"},
	{"at {", "t:1: at: needs the number of a step"},
	{"}", "t:1: `}` without a block"},
	{"{", "t:1: `{` without `at N`"},
	{"reset {", "t:1: only `at N` opens a block"},
	{"at 1 {\nreset\n}", "t:2: reset: not in a block"},
	{"at 1 { at 2 { } }", "t:1: at: not in a block"},
	{"at 1 { device }", "`device` is not known"},
	{"reset\ndevice vectors=8", "t:2: device: must be the first line"},
	{"device\ndevice", "t:2: device: must be the first line"},
	{"device vectors=2049", "t:1: vectors: `2049` is not 0 to 2048"},
	{"device msi=3", "t:1: msi: `3` is not 0, 1, 2, 4"},
	{"device profile=6.5", "t:1: profile: `6.5` is not any, 6.1, 6.12, "},
	{"device dyn=2", "t:1: device: dyn is 0 or 1"},
	{"device pba=1", "t:1: device: pba is keep or clear"},
	{"device x=1", "t:1: device: `x` is not a key of it"},
	{"device vectors", "t:1: device: `vectors` is not KEY=VALUE"},
	{"device vectors=8 msi=4", "t:1: device: `msi=4` is not expected"},
	{"expect", "t:1: expect: needs 0, N"},
	{"expect -EFOO", "t:1: expect: `-EFOO` is not the name of an errno"},
	{"expect flags=1", "t:1: expect: count=N must follow flags=N"},
	{"expect 0 on 6.6", "t:1: expect: `6.6` is not a feature: dyn-msix, "},
	{"expect 0 6.1", "t:1: expect: `6.1` is not `on FEATURE` or `on !FEATURE`"},
	{"a a a a a a a a a a a a a a a a a", "t:1: more than 16 words"},
	{"r\x01\xff", "t:1: operation: `r??` is not known"},
};

Test(text_errors, say_the_line_and_what_is_expected)
{
	struct program p;

	program_init(&p);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct errmsg e = {.text = ""};
		int err = text_parse(wrong[i].text, strlen(wrong[i].text), "t", &p, &e);

		cr_assert_eq(err, -EINVAL, "%s", wrong[i].text);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert(strstr(e.text, wrong[i].says), "for\n%s\ngot  %s\nwant %s", wrong[i].text,
			  e.text, wrong[i].says);
		cr_assert_eq(p.n, 0, "nothing is left");
		cr_assert_not(p.has_device);
		cr_assert_eq(text_parse(wrong[i].text, strlen(wrong[i].text), "t", &p, NULL),
			     -EINVAL, "without a message");
	}
	program_free(&p);
}

Test(text_errors, too_many_operations)
{
	size_t len = (PROGRAM_MAX_OPS + 1) * 4;
	char *text = malloc(len);
	struct errmsg e;
	struct program p;

	for (size_t i = 0; i < len; i += 4)
		memcpy(text + i, "flr\n", 4);
	program_init(&p);
	cr_assert_eq(text_parse(text, len - 4, "t", &p, &e), 0);
	cr_assert_eq(text_parse(text, len, "t", &p, &e), -E2BIG);
	cr_assert_str_eq(e.text, "t:4097: more than 4096 operations");
	cr_assert_eq(e.exit, EXIT_USAGE);
	program_free(&p);
	free(text);
}

/* Whatever the text is, it is parsed or refused; the sanitizers watch. */
Test(text_errors, any_text)
{
	static const char *const words[] = {
		"set_irqs", "msix",   "trigger", "eventfd",  "fds=e0,-1,", "count=", "at",
		"{",        "}",      ";",       "\n",       "fire",       "3",      "=",
		",",        "expect", "-E",      "flags=0x", "raw",        "00",     "device",
		"msi=",     "#",      "\xff",    "e1",       "open",       "on",     "6.1"};
	struct program p;
	struct rng rng;

	program_init(&p);
	rng_init(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		char text[256];
		size_t len = 0;

		for (uint32_t n = rng_below(&rng, 16); n; n--) {
			const char *w = words[rng_below(&rng, sizeof(words) / sizeof(words[0]))];

			memcpy(text + len, w, strlen(w));
			len += strlen(w);
			if (rng_below(&rng, 3))
				text[len++] = ' ';
		}
		char *exact = malloc(len ? len : 1);

		memcpy(exact, text, len);
		text_parse(exact, len, "t", &p, NULL);
		free(exact);
	}
	program_free(&p);
}
