/* SPDX-License-Identifier: MIT */
/* The flight recorder: what was written last is what is read, however the writing ended. */
#include "support/blackbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDS 4u
#define SIZE    (RECORDS * BLACKBOX_RECORD)

static struct blackbox_record memory[RECORDS];
static struct blackbox_view views[RECORDS + 1];
static struct blackbox box;

static void setup(void)
{
	memset(memory, 0, sizeof(memory));
	cr_assert_eq(blackbox_attach(&box, memory, SIZE), 0, "attach");
}

TestSuite(blackbox, .init = setup);

static void add(const char *text)
{
	blackbox_add(&box, text, strlen(text));
}

static uint32_t look(uint32_t max)
{
	return blackbox_last(memory, SIZE, views, max);
}

static bool is(uint32_t i, const char *text)
{
	return views[i].len == strlen(text) && !memcmp(views[i].text, text, views[i].len);
}

static void write_some(uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++) {
		char text[16];

		blackbox_begin(&box);
		snprintf(text, sizeof(text), "number %u", i);
		add(text);
	}
}

Test(blackbox, an_empty_memory_has_no_records)
{
	cr_assert_eq(look(RECORDS), 0, "records in an empty memory");
}

Test(blackbox, a_record_grows_and_is_whole_after_each_addition)
{
	blackbox_begin(&box);
	cr_assert_eq(look(RECORDS), 1, "a record that was begun counts");
	cr_assert(is(0, "") && !views[0].torn);
	add("one\n");
	cr_assert(look(RECORDS) == 1 && is(0, "one\n") && !views[0].torn);
	add("two\n");
	cr_assert(look(RECORDS) == 1 && is(0, "one\ntwo\n") && !views[0].torn && !views[0].cut);
}

Test(blackbox, the_newest_are_kept_in_order)
{
	write_some(11);
	cr_assert_eq(look(RECORDS + 1), RECORDS, "all that fit");
	cr_assert(is(0, "number 8") && is(1, "number 9") && is(2, "number 10") &&
		  is(3, "number 11"));
	cr_assert_eq(look(2), 2, "as many as asked for");
	cr_assert(is(0, "number 10") && is(1, "number 11"));
}

Test(blackbox, the_next_writer_goes_on)
{
	write_some(3);
	cr_assert_eq(blackbox_attach(&box, memory, SIZE), 0, "attach again");
	add("nothing was begun yet");
	blackbox_begin(&box);
	add("by the second");
	cr_assert_eq(look(RECORDS), 4, "records of both");
	cr_assert(is(2, "number 3") && is(3, "by the second"));
}

Test(blackbox, every_byte_that_changes_is_seen)
{
	write_some(2);
	for (uint32_t i = 0; i < strlen("number 2"); i++) {
		memory[2].text[i] ^= 1;
		cr_assert(look(RECORDS) == 2 && views[1].torn && !views[0].torn, "byte %u", i);
		memory[2].text[i] ^= 1;
	}
	cr_assert(look(RECORDS) == 2 && !views[1].torn);
}

Test(blackbox, a_text_under_another_number_is_torn)
{
	write_some(2);
	memory[2].number = 9;
	cr_assert(look(RECORDS) == 2 && views[1].number == 9 && views[1].torn);
}

Test(blackbox, a_length_beyond_the_record_is_torn)
{
	write_some(1);
	memory[1].state = 0x7fffffffu;
	cr_assert_eq(look(RECORDS), 1, "it is still a record");
	cr_assert(views[0].torn && views[0].len <= BLACKBOX_TEXT);
}

Test(blackbox, garbage_is_no_record_or_a_torn_one)
{
	for (size_t i = 0; i < sizeof(memory); i++)
		((uint8_t *)memory)[i] = (uint8_t)(i * 37 + i / 251);
	cr_assert_eq(look(RECORDS), 0, "records in garbage");
}

Test(blackbox, what_does_not_fit_is_left_out_and_said)
{
	static char line[1000];
	uint32_t whole = BLACKBOX_TEXT / sizeof(line) * (uint32_t)sizeof(line);

	memset(line, 'x', sizeof(line));
	blackbox_begin(&box);
	for (uint32_t i = 0; i < BLACKBOX_TEXT / sizeof(line); i++)
		blackbox_add(&box, line, sizeof(line));
	cr_assert(look(RECORDS) == 1 && !views[0].cut && views[0].len == whole);
	blackbox_add(&box, line, sizeof(line));
	add("short");
	cr_assert(look(RECORDS) == 1 && views[0].cut && views[0].len == whole && !views[0].torn);
}

Test(blackbox, a_file_is_written_through)
{
	char path[] = "/tmp/irqstorm-blackbox-XXXXXX";
	int fd = mkstemp(path);
	ssize_t n;

	cr_assert(fd >= 0);
	cr_assert_eq(blackbox_open(&box, path), -ENOSPC, "an empty file holds nothing");
	cr_assert_eq(ftruncate(fd, SIZE), 0, "ftruncate");
	cr_assert_eq(blackbox_open(&box, path), 0, "open");
	write_some(2);
	blackbox_close(&box);
	blackbox_begin(&box);
	add("after the close nothing is written");
	n = pread(fd, memory, SIZE, 0);
	unlink(path);
	close(fd);
	cr_assert(n == (ssize_t)SIZE && look(RECORDS) == 2 && is(1, "number 2"));
	cr_assert_eq(blackbox_open(&box, path), -ENOENT, "it is gone");
}
