/* SPDX-License-Identifier: MIT */
/* The channel codec: whole frames, frames in pieces, cut, damaged and missing ones. */
#include <criterion/criterion.h>
#include <string.h>

#include "guest/frame.h"

#define N_FRAMES 3

static const char *const texts[N_FRAMES] = {"first", "", "the third one"};

/* Three frames in a row; returns the size and, in @at, where each begins. */
static size_t stream(uint8_t *buf, size_t at[N_FRAMES + 1])
{
	size_t n = 0;

	for (uint8_t i = 0; i < N_FRAMES; i++) {
		at[i] = n;
		n += frame_encode(buf + n, FRAME_STDOUT, i, texts[i], strlen(texts[i]));
	}
	at[N_FRAMES] = n;
	return n;
}

static void expect(struct frame_decoder *d, const char *text)
{
	struct frame f;

	cr_assert(frame_next(d, &f), "no frame where '%s' was due", text);
	cr_assert_eq(f.type, FRAME_STDOUT);
	cr_assert_eq(f.len, strlen(text), "%zu bytes, not '%s'", f.len, text);
	cr_assert(!memcmp(f.data, text, f.len), "not '%s'", text);
}

Test(frame, crc_is_the_common_one)
{
	cr_assert_eq(frame_crc(0, "123456789", 9), 0xcbf43926U);
	cr_assert_eq(frame_crc(frame_crc(0, "1234", 4), "56789", 5), 0xcbf43926U);
}

Test(frame, round_trip)
{
	struct frame_decoder d = {0};
	uint8_t buf[256];
	size_t at[N_FRAMES + 1], n = stream(buf, at);
	struct frame f;

	cr_assert_eq(frame_feed(&d, buf, n), n);
	for (int i = 0; i < N_FRAMES; i++)
		expect(&d, texts[i]);
	cr_assert(!frame_next(&d, &f));
	cr_assert_eq(d.skipped, 0);
	cr_assert_eq(d.lost, 0);
}

Test(frame, a_byte_at_a_time)
{
	struct frame_decoder d = {0};
	uint8_t buf[256];
	size_t at[N_FRAMES + 1], n = stream(buf, at);
	int got = 0;

	for (size_t i = 0; i < n; i++) {
		struct frame f;

		cr_assert_eq(frame_feed(&d, buf + i, 1), 1);
		while (frame_next(&d, &f)) {
			cr_assert_eq(i + 1, at[got + 1], "a frame came at byte %zu", i);
			got++;
		}
	}
	cr_assert_eq(got, N_FRAMES);
}

Test(frame, greatest_payload_and_more_frames_than_room)
{
	static uint8_t payload[FRAME_PAYLOAD_MAX], buf[5 * FRAME_SIZE_MAX];
	struct frame_decoder d = {0};
	size_t n = 0, fed = 0;
	int got = 0;

	memset(payload, 0xa9, sizeof(payload));
	for (uint8_t i = 0; i < 5; i++)
		n += frame_encode(buf + n, FRAME_FILE_DATA, i, payload, sizeof(payload));
	while (fed < n) {
		size_t took = frame_feed(&d, buf + fed, n - fed);
		struct frame f;

		cr_assert_gt(took, 0, "the decoder is stuck");
		fed += took;
		while (frame_next(&d, &f)) {
			cr_assert_eq(f.len, sizeof(payload));
			cr_assert(!memcmp(f.data, payload, f.len));
			got++;
		}
	}
	cr_assert_eq(got, 5);
	cr_assert_eq(d.skipped, 0);
}

Test(frame, any_damaged_byte_costs_one_frame_only)
{
	uint8_t buf[256], bad[256];
	size_t at[N_FRAMES + 1], n = stream(buf, at);

	for (size_t i = at[0]; i < at[1]; i++) {
		/* A greater length makes the decoder wait: a heartbeat of the future frees it. */
		static const uint8_t more[FRAME_SIZE_MAX];
		struct frame_decoder d = {0};

		memcpy(bad, buf, n);
		bad[i] ^= 0x10;
		frame_feed(&d, bad, n);
		frame_feed(&d, more, sizeof(more) - n);
		expect(&d, texts[1]);
		expect(&d, texts[2]);
		cr_assert_geq(d.skipped, at[1], "byte %zu", i);
	}
}

Test(frame, a_cut_frame_is_skipped_and_counted)
{
	struct frame_decoder d = {0};
	uint8_t buf[256];
	size_t at[N_FRAMES + 1], n = stream(buf, at);

	frame_feed(&d, buf, at[1]);
	expect(&d, texts[0]);
	frame_feed(&d, buf + at[1], 4);
	frame_feed(&d, buf + at[2], n - at[2]);
	expect(&d, texts[2]);
	cr_assert_eq(d.skipped, 4);
	cr_assert_eq(d.lost, 1, "%llu lost", (unsigned long long)d.lost);
}

Test(frame, noise_in_front)
{
	static const uint8_t noise[] = {'S', 'e', 'a', 0xa9, 'B', 0xa9, 0x5e, 0xff, 0, 0xff, 0xff};
	struct frame_decoder d = {0};
	uint8_t buf[256];
	size_t at[N_FRAMES + 1], n = stream(buf, at);

	frame_feed(&d, noise, sizeof(noise));
	frame_feed(&d, buf, n);
	for (int i = 0; i < N_FRAMES; i++)
		expect(&d, texts[i]);
	cr_assert_eq(d.skipped, sizeof(noise));
	cr_assert_eq(d.lost, 0);
}

Test(frame, little_endian)
{
	uint8_t b[8];

	put_le64(b, 0x0123456789abcdefULL);
	cr_assert_eq(b[0], 0xef);
	cr_assert_eq(get_le64(b), 0x0123456789abcdefULL);
	put_le32(b, 0x89abcdefU);
	cr_assert_eq(get_le32(b), 0x89abcdefU);
}
