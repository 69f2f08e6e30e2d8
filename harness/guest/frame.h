/* SPDX-License-Identifier: MIT */
/*
 * frame: the codec of the serial line between the guest's init and the host. A serial line has no
 * message boundaries and a crashing kernel may cut it anywhere, so every frame carries a mark, a
 * sequence number, a length and a CRC; the decoder skips what does not check and finds the next
 * frame by itself. Layout, little endian:
 *	2 mark, 1 type, 1 sequence, 2 length, LENGTH payload, 4 CRC-32 of type..payload
 */
#ifndef IRQSTORM_GUEST_FRAME_H
#define IRQSTORM_GUEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_PAYLOAD_MAX 4096
#define FRAME_OVERHEAD    10
#define FRAME_SIZE_MAX    (FRAME_PAYLOAD_MAX + FRAME_OVERHEAD)

enum frame_type {
	/* guest to host */
	FRAME_READY = 1, /* kernel release: the subcommand starts now */
	FRAME_STDOUT,
	FRAME_STDERR,
	FRAME_FILE_BEGIN, /* u32 number of the file, u64 size; its path in the folder, if it is one
			   */
	FRAME_FILE_DATA,
	FRAME_FILE_END, /* u32 CRC-32 of the whole file */
	FRAME_EXIT,     /* u32 exit code, u32 signal or 0, u64 kernel taint */
	FRAME_HEARTBEAT,
	FRAME_LOG,        /* a line for the user's stderr */
	FRAME_FOLDER_END, /* u32 number of the folder, u32 files that were sent */
	FRAME_NOTE,       /* a line for the user's stderr that --quiet leaves out */
	FRAME_DIRTY,      /* what of the guest cannot be put back: its session has to end */
	FRAME_MARK,       /* u32 number of the command: its mark is in the kernel log */
	/* host to guest */
	FRAME_SIGNAL = 64, /* u32 signal for the subcommand's process group */
	FRAME_REQUEST,     /* u32 number of the command, u32 size of what is in the mailbox */
	/* a session's keeper to its callers; it passes on the guest's frames, too */
	FRAME_SESSION = 96, /* the machine's description; the memory that survives rides along */
	FRAME_TURN,         /* u32 number of the command, u64 ns that the boot took */
	FRAME_CONSOLE,      /* of the kernel's log */
	FRAME_GONE,         /* u32 enum guest_end, u32 of waitpid(), what QEMU said */
	FRAME_OVER,         /* this session takes no commands any more: why */
	FRAME_FAILED,       /* u32 enum exit_code, why no guest was started */
	/* a session's callers to its keeper */
	FRAME_RUN = 112, /* the request rides along */
	FRAME_TAKEN,     /* after the last word: nothing of the guest is needed any more */
	FRAME_END,       /* end the session */
};

struct frame {
	uint8_t type;
	const uint8_t *data;
	size_t len;
};

struct frame_decoder {
	uint8_t buf[2 * FRAME_SIZE_MAX];
	size_t len;
	size_t taken; /* size of the frame last handed out: dropped by the next call */
	uint8_t seq;  /* expected next */
	bool synced;
	uint64_t skipped; /* bytes that belonged to no good frame */
	uint64_t lost;    /* frames missing by sequence number, modulo 256 */
};

uint32_t frame_crc(uint32_t crc, const void *data, size_t len);

/* Encode into @out (FRAME_SIZE_MAX bytes); returns the size. @len is FRAME_PAYLOAD_MAX at most. */
size_t frame_encode(uint8_t *out, uint8_t type, uint8_t seq, const void *data, size_t len);

/* Take in as many bytes as there is room for; returns how many. Room appears as frames leave. */
size_t frame_feed(struct frame_decoder *d, const void *data, size_t len);

/* The next good frame; @f->data is valid until the next call. False: more bytes are needed. */
bool frame_next(struct frame_decoder *d, struct frame *f);

void put_le32(uint8_t *p, uint32_t v);
void put_le64(uint8_t *p, uint64_t v);
uint32_t get_le32(const uint8_t *p);
uint64_t get_le64(const uint8_t *p);

#endif
