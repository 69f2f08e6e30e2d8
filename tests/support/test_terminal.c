/* SPDX-License-Identifier: MIT */
/* terminal, table, stopped: no line is wider than asked, nothing is lost, colour where it belongs.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/errmsg.h"
#include "support/opt.h"
#include "support/stopped.h"
#include "support/table.h"
#include "support/terminal.h"

static char *text;
static size_t size;

static FILE *begin(const char *columns)
{
	unsetenv("IRQSTORM_WIDE");
	unsetenv("IRQSTORM_COLUMNS");
	unsetenv("IRQSTORM_COLOR");
	unsetenv("NO_COLOR");
	if (columns)
		setenv("COLUMNS", columns, 1);
	else
		unsetenv("COLUMNS");
	return open_memstream(&text, &size);
}

/* The longest line of what was written, in characters. */
static uint32_t widest(void)
{
	uint32_t most = 0;

	for (const char *p = text; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n')) {
		uint32_t n = terminal_columns(p, strcspn(p, "\n"));

		most = n > most ? n : most;
	}
	return most;
}

Test(terminal, columns_rule_then_the_terminal_then_there_is_no_limit)
{
	struct winsize ws = {.ws_col = 91, .ws_row = 20};
	int fd = posix_openpt(O_RDWR | O_NOCTTY), end;
	FILE *f = begin("77"), *tty;

	cr_assert_eq(terminal_width(f), 77);
	setenv("COLUMNS", "no number", 1);
	cr_assert_eq(terminal_width(f), TERMINAL_UNLIMITED);
	setenv("COLUMNS", "3", 1);
	cr_assert_eq(terminal_width(f), 20, "narrower is of no use");
	unsetenv("COLUMNS");
	cr_assert_eq(terminal_width(f), TERMINAL_UNLIMITED, "a pipe or a file");
	setenv("IRQSTORM_COLUMNS", "66", 1);
	cr_assert_eq(terminal_width(f), 66, "of a guest");
	setenv("COLUMNS", "77", 1);
	terminal_want_wide();
	cr_assert_eq(terminal_width(f), TERMINAL_UNLIMITED, "--wide");
	unsetenv("IRQSTORM_WIDE");
	unsetenv("IRQSTORM_COLUMNS");
	unsetenv("COLUMNS");
	cr_assert(fd >= 0 && !grantpt(fd) && !unlockpt(fd));
	end = open(ptsname(fd), O_RDWR | O_NOCTTY);
	cr_assert(end >= 0 && !ioctl(end, TIOCSWINSZ, &ws));
	tty = fdopen(end, "w");
	cr_assert_eq(terminal_width(tty), 91, "what the terminal has");
	setenv("TERM", "xterm", 1);
	cr_assert(terminal_color(tty));
	setenv("NO_COLOR", "1", 1);
	cr_assert(!terminal_color(tty), "NO_COLOR");
	terminal_want_color("always");
	cr_assert(terminal_color(tty), "--color=always is stronger");
	terminal_want_color("never");
	unsetenv("NO_COLOR");
	cr_assert(!terminal_color(tty));
	terminal_want_color("auto");
	setenv("TERM", "dumb", 1);
	cr_assert(!terminal_color(tty), "TERM=dumb");
	fclose(tty);
	close(fd);
	fclose(f);
	free(text);
}

Test(terminal, a_folded_line_has_every_word_and_no_line_is_wider)
{
	static const char *const all =
		"a line of some words that is folded where \xc3\xa4 word ends, not in it";

	for (uint32_t w = 20; w < 90; w++) {
		char columns[8];
		FILE *f;
		char *p;

		snprintf(columns, sizeof(columns), "%u", w);
		f = begin(columns);
		terminal_line(f, 3, "%s", all);
		fclose(f);
		cr_assert_leq(widest(), w, "at %u:\n%s", w, text);
		cr_assert_eq(text[strlen(text) - 1], '\n');
		text[strlen(text) - 1] = '\0';
		while ((p = strstr(text, "\n   ")))
			memmove(p + 1, p + 4, strlen(p + 4) + 1), *p = ' ';
		cr_assert_str_eq(text, all, "at %u", w);
		free(text);
	}
}

Test(terminal, a_folded_command_is_the_same_command)
{
	FILE *f = begin("24");

	terminal_command(f, "irqstorm run --only 'a b   c' x\\ y 12345678", 0, 4);
	fclose(f);
	cr_assert_str_eq(text, "irqstorm run --only \\\n    'a b   c' x\\ y \\\n    12345678\n");
	free(text);
}

static const struct table_column columns[] = {
	{.heading = "name", .align = TABLE_LEFT},
	{.heading = "first", .rank = 1},
	{.heading = "second", .rank = 3},
	{.heading = "third", .rank = 2},
	{.heading = "fourth", .rank = 3},
	{.heading = "why", .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static void table(FILE *f)
{
	struct table t;

	table_init(&t, columns);
	for (int i = 0; i < 2; i++) {
		table_cell(&t, "row %d", i);
		for (int k = 0; k < 4; k++)
			table_cell(&t, "%d", 100000 * (k + 1));
		table_cell(&t, "because of this and that, and of something else");
	}
	table_cell(&t, "no row");
	table_rest(&t, "cannot: what stands here goes on and on and on and on and on and on");
	cr_assert_eq(table_write(&t, f), 0);
	table_free(&t);
}

Test(table, without_a_limit_all_columns_stand_on_one_line)
{
	FILE *f = begin(NULL);

	table(f);
	fclose(f);
	cr_assert_str_eq(text,
			 "name    first second  third fourth why\n"
			 "row 0  100000 200000 300000 400000 because of this and that, and of "
			 "something else\n"
			 "row 1  100000 200000 300000 400000 because of this and that, and of "
			 "something else\n"
			 "no row cannot: what stands here goes on and on and on and on and on "
			 "and on\n");
	free(text);
}

Test(table, where_there_is_no_room_columns_go_in_the_order_of_their_ranks_and_are_named)
{
	static const struct {
		const char *columns, *gone;
	} cases[] = {
		{"59", NULL},
		{"58", "(no room for fourth; --wide shows all)"},
		{"51", "(no room for second, fourth; --wide"},
		{"44", "(no room for second, third, fourth;"},
		{"37", "(no room for first, second, third,\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *f = begin(cases[i].columns);

		table(f);
		fclose(f);
		cr_expect_leq(widest(), strtoul(cases[i].columns, NULL, 10), "%s", text);
		if (cases[i].gone)
			cr_expect(strstr(text, cases[i].gone), "%s:\n%s", cases[i].columns, text);
		else
			cr_expect(!strstr(text, "no room"), "%s", text);
		cr_expect(strstr(text, "else"), "a folded column is whole:\n%s", text);
		free(text);
	}
}

Test(table, names_of_a_group_stand_over_its_rows_where_there_is_no_room)
{
	static const char *const rows[][3] = {{"a", "x", "1"}, {"a", "x", "2"}, {"b", "x", "3"}};
	static const struct table_column two[] = {
		{.heading = "first-of-two", .align = TABLE_LEFT},
		{.heading = "second-of-two", .align = TABLE_LEFT},
		{.heading = "n"},
		TABLE_COLUMNS_END,
	};
	FILE *f = begin("20");
	struct table t;

	table_init(&t, two);
	t.group = 2;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			table_cell(&t, "%s", rows[i][k]);
	cr_assert_eq(table_write(&t, f), 0);
	fclose(f);
	cr_assert_str_eq(text, "  n\na, x\n  1\n  2\nb, x\n  3\n");
	free(text);
	f = begin(NULL);
	cr_assert_eq(table_write(&t, f), 0);
	fclose(f);
	cr_assert_str_eq(text, "first-of-two second-of-two n\na            x             1\n"
			       "a            x             2\nb            x             3\n");
	free(text);
	table_free(&t);
}

Test(stopped, a_finding_and_an_error_stay_and_nothing_passes)
{
	static const int stay[] = {EXIT_FINDING, EXIT_USAGE, EXIT_ENVIRONMENT};
	static const int go[] = {EXIT_PASS, EXIT_SKIP, EXIT_UNTRUSTED};

	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(stopped_code(stay[i], SIGINT), stay[i]);
		cr_expect_eq(stopped_code(go[i], SIGINT), 130);
		cr_expect_eq(stopped_code(go[i], SIGTERM), 143);
		cr_expect_eq(stopped_code(go[i], 0), go[i], "nothing stopped it");
	}
}

Test(stopped, says_by_what_and_how_far_it_came)
{
	FILE *f = begin(NULL);

	stopped_say(f, 0, "not at all");
	stopped_say(f, SIGTERM, "%d of %d runs are done", 3, 7);
	fclose(f);
	cr_assert_str_eq(text, "STOPPED  by SIGTERM: 3 of 7 runs are done\n");
	free(text);
}

Test(opt_nearest, a_word_with_a_letter_wrong_missing_too_many_or_swapped_is_guessed)
{
	static const char *const names[] = {"stress", "bench", NULL, "report", "run", "diff"};
	static const struct {
		const char *word, *guess;
	} cases[] = {
		{"strss", "stress"},     {"stresss", "stress"}, {"sttess", "stress"},
		{"bnech", "bench"},      {"repotr", "report"},  {"dif", "diff"},
		{"rnu", "run"},          {"xyz", NULL},         {"guest", NULL},
		{"benchmarks", "bench"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = opt_nearest(names, 6, cases[i].word, strlen(cases[i].word));

		cr_expect_str_eq(got ? got : "-", cases[i].guess ? cases[i].guess : "-", "%s",
				 cases[i].word);
	}
}
