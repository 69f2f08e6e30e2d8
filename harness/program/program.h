/* SPDX-License-Identifier: MIT */
/*
 * program: what irqstorm runs: a list of operations on one device and on a few eventfds. Everything
 * is symbolic (slots, not file descriptors), so that a program means the same on every backend.
 * This header owns the types; text.h, binary.h and generator.h make and print programs.
 *
 * An operation is plain data: whatever its fields hold, it means something (total). Not
 * thread-safe: a program has one owner.
 */
#ifndef IRQSTORM_PROGRAM_PROGRAM_H
#define IRQSTORM_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "features/features.h"
#include "support/errmsg.h"
#include "uapi/vfio_irq.h"

#define PROGRAM_SLOTS   8u    /* eventfd slots e0..e7, open and 0 at the start */
#define PROGRAM_ITEMS   12u   /* items of data that one operation can hold */
#define PROGRAM_MAX_OPS 4096u /* operations of one program */

/*
 * What an EVENTFD item can name. 0..PROGRAM_SLOTS-1 is a slot (closed ones are no descriptor);
 * negative numbers go to the kernel as they are.
 */
enum program_fd {
	PROGRAM_FD_FILE = (int)PROGRAM_SLOTS, /* an open file that is no eventfd */
	PROGRAM_FD_CLOSED,                    /* a descriptor that is not open */
};

/* For op.argsz: as long as header and data are. For op.readable: everything is. */
#define PROGRAM_AUTO UINT32_MAX

enum op_kind {
	OP_SET_IRQS, /* flags index start count argsz readable data[n] */
	OP_RAW,      /* the bytes of a request, data as bytes: see program_request() */
	OP_IRQ_INFO, /* index argsz (PROGRAM_AUTO: 16) */
	OP_FIRE,     /* index start: the device raises vector `start` of MSI, MSIX, ERR or REQ */
	OP_LINE,     /* value: 1 asserts, 0 deasserts the INTx line */
	OP_READ,     /* slot: read() of the eventfd */
	OP_WRITE,    /* slot value: write() of the eventfd */
	OP_CLOSE,    /* slot */
	OP_OPEN,     /* slot value: a new eventfd; 1: EFD_SEMAPHORE. An open slot is closed first */
	OP_DUP,      /* slot to slot2, which is closed first */
	OP_DISINTX,  /* value: Interrupt Disable of the COMMAND register, by config write */
	OP_MEMORY,   /* value: Memory Space Enable of it */
	OP_POWER,    /* value: D-state by PMCSR, 0 or 3 */
	OP_FLR,      /* Function Level Reset by config write */
	OP_RESET,    /* VFIO_DEVICE_RESET */
	OP_REOPEN,   /* last close, then open again */
	OP_REBIND,   /* last close, driver unbound and bound, open again; value: 0, or the MSI-X
			table size set by sriov_set_msix_vec_count() in between */
	OP_SRIOV_COUNT, /* value: sriov_set_msix_vec_count() with the driver bound: -EBUSY (P13) */
	OP_TABLE_SIZE,  /* value: the device grows its MSI-X table behind the kernel (P13) */
	OP_FUNCTION_MASK, /* value: Function Mask of MSI-X (P5) */
	OP_ENTRY,         /* start: vector control (bit 0: masked) and pending bit (bit 1) */
	OP_WIPE,          /* a backdoor reset: MSI-X table as after reset, Enable kept */
	OP_SCRIBBLE, /* start: someone overwrites the message of a vector through a mapped table */
	OP_FAIL,     /* value: the value-th fallible step of the next ioctl fails */
	OP_AT,       /* value n: the n operations that follow run when the next SET_IRQS reaches its
			value-th internal step, or after it when it has fewer */
	OP_EXPECT,   /* flags value: what the operation before must have returned */
	OP_KINDS,
};

/* op.flags of OP_EXPECT: what is compared. 0x1 and 0x2 were the profiles 6.1 and 6.12. */
#define EXPECT_INFO  0x4u /* flags in `index` and count in `count` of GET_IRQ_INFO */
#define EXPECT_VALUE 0x8u /* what READ read, what ENTRY showed */
/* none of the two: `value`, as int64_t, is the return value: 0, -errno or a positive number */

/*
 * Which targets an OP_EXPECT is for, in data[]: those that have all features of one set and none of
 * the other.
 */
enum { EXPECT_HAS, EXPECT_LACKS };

/* Operations allowed between OP_AT and its call: FIRE, READ, IRQ_INFO. */
bool op_allowed_in_at(enum op_kind kind);

/* The enum backend_device_op (backend/backend.h) that carries it out, -1: none does. */
int op_device_op(enum op_kind kind);

struct op {
	uint8_t kind;        /* enum op_kind */
	uint8_t slot, slot2; /* below PROGRAM_SLOTS */
	uint8_t n;           /* items in data; bytes of OP_RAW; operations of OP_AT */
	uint32_t flags, index, start, count;
	uint32_t argsz;    /* PROGRAM_AUTO: fits */
	uint32_t readable; /* bytes of the request that can be read, PROGRAM_AUTO: all of them */
	/*
	 * Not what it does but where it was read (binary_decode_origin()); 0: nowhere. A copy has
	 * it too; who changes a field makes it 0.
	 */
	uint32_t origin;
	uint64_t value;
	union {
		/*
		 * SET_IRQS: item i of the request is data[i % n]: an fd (enum program_fd or
		 * negative) for EVENTFD, a byte for BOOL. n == 0: the request has no data.
		 */
		int32_t data[PROGRAM_ITEMS];
		uint8_t raw[PROGRAM_ITEMS * sizeof(int32_t)];
	};
};

/* The two sets of the OP_EXPECT @op: no feature is in both. */
static inline uint32_t op_expect_has(const struct op *op)
{
	return (uint32_t)op->data[EXPECT_HAS] & FEATURES_ALL;
}
static inline uint32_t op_expect_lacks(const struct op *op)
{
	return (uint32_t)op->data[EXPECT_LACKS] & FEATURES_ALL & ~op_expect_has(op);
}

/* Is it for a target that has @features? */
static inline bool op_expect_applies(const struct op *op, uint32_t features)
{
	uint32_t has = op_expect_has(op);

	return (features & has) == has && !(features & op_expect_lacks(op));
}

/* Is it a SET_IRQS, in either spelling? */
static inline bool op_is_call(const struct op *op)
{
	return op->kind == OP_SET_IRQS || op->kind == OP_RAW;
}

/* The emulated device that a program was made for; a target's own keys go before it. */
enum device_flags {
	DEVICE_INTX = 1u << 0,      /* has an INTx pin */
	DEVICE_PCI_2_3 = 1u << 1,   /* implements DisINTx */
	DEVICE_PCIE = 1u << 2,      /* has the ERR index */
	DEVICE_DYN = 1u << 3,       /* the host can allocate MSI-X vectors one by one (R17) */
	DEVICE_INTREMAP = 1u << 4,  /* the host can give MSI more than one vector (R48) */
	DEVICE_PBA_CLEAR = 1u << 5, /* pending bits do not survive disable */
	DEVICE_CACHED = 1u << 6,    /* the function caches messages of unmasked entries (P2) */
	DEVICE_POSTED = 1u << 7,    /* messages sent inside a call arrive at its next step (R80) */
	DEVICE_FLAG_BYTE = 0xffu,   /* what has been there until now */
	DEVICE_OPEN = 1u << 8,      /* somebody left the entries of the MSI-X table unmasked (P9) */
	DEVICE_FLAGS = 0x1ffu,
};
#define DEVICE_DEFAULT (DEVICE_INTX | DEVICE_PCI_2_3 | DEVICE_PCIE | DEVICE_DYN | DEVICE_INTREMAP)

struct program_device {
	uint16_t profile;       /* enum profile; PROFILE_ANY: as the target's */
	uint16_t with, without; /* features on top of it, and which not: no bit is in both */
	uint16_t flags;         /* enum device_flags */
	uint16_t msix;          /* MSI-X table size, 0..2048 */
	uint16_t msi;           /* 0, 1, 2, 4, .. 32 */
	uint16_t host_vectors;  /* MSI(-X) vectors that the host can give, 0: enough */
};

/* Of the device and its profile, or of 6.12 when it names none. */
static inline uint32_t program_device_features(const struct program_device *d)
{
	const struct feature_change change = {d->with, d->without};
	enum profile profile = d->profile ? (enum profile)d->profile : PROFILE_6_12;

	return feature_change_apply(&change, profile_features(profile));
}

struct program {
	bool has_device;
	struct program_device device;
	struct op *ops;
	uint32_t n, capacity;
};

void program_init(struct program *p);
void program_free(struct program *p);
/* Keeps the memory. */
void program_clear(struct program *p);
/* Room for @n operations more: 0, -ENOMEM, or -E2BIG beyond PROGRAM_MAX_OPS. */
int program_grow(struct program *p, uint32_t n);
static inline int program_reserve(struct program *p, uint32_t n)
{
	return n <= p->capacity - p->n ? 0 : program_grow(p, n);
}
/* @to becomes as @from; 0 or -ENOMEM, and then @to is anything. */
int program_copy(struct program *to, const struct program *from);
/* As program_reserve(). @ops: @n of them, not in @p. */
int program_append(struct program *p, const struct op *ops, uint32_t n);
static inline int program_add(struct program *p, const struct op *op)
{
	int err = program_reserve(p, 1);

	if (!err)
		p->ops[p->n++] = *op;
	return err;
}
/* Every field that the kind does not use is 0 (PROGRAM_AUTO for argsz and readable). */
static inline void op_init(struct op *op, enum op_kind kind)
{
	/* In two parts: the whole is long enough for compilers to clear it the slow way. */
	memset(op, 0, offsetof(struct op, raw));
	memset(op->raw, 0, sizeof(op->raw));
	op->kind = (uint8_t)kind;
	op->argsz = PROGRAM_AUTO;
	op->readable = PROGRAM_AUTO;
}
static inline struct op op_make(enum op_kind kind)
{
	struct op op;

	op_init(&op, kind);
	return op;
}
/* What of op.n counts: items of SET_IRQS, bytes of RAW, never more than there is room for. */
static inline uint8_t op_items(const struct op *op)
{
	uint8_t room = op->kind == OP_RAW ? (uint8_t)sizeof(op->raw) : (uint8_t)PROGRAM_ITEMS;

	return op->n < room ? op->n : room;
}
/* Same kind and same fields that the kind uses. */
bool op_equal(const struct op *a, const struct op *b);

/* The header of the request of a SET_IRQS or RAW operation, and how much of it can be read. */
struct request_head {
	uint32_t argsz, flags, index, start, count; /* 0 where not readable */
	uint32_t size; /* bytes that can be read, header included: below 20, the header faults */
};
void op_request_head(const struct op *op, struct request_head *head);
/* Item @i of the data, which must be readable: an fd code (any number: those that name nothing
 * are closed descriptors), a BOOL byte. */
int32_t op_request_fd(const struct op *op, uint32_t i);
uint8_t op_request_bool(const struct op *op, uint32_t i);

#define PROGRAM_REQUEST_MAX (IRQ_SET_HDR_SIZE + IRQ_MAX_VECTORS * (uint32_t)sizeof(int32_t))
/*
 * The bytes of that request, at most PROGRAM_REQUEST_MAX, at @buf; fds go through @fd_of (negative
 * ones do not). Returns how many of them can be read. At most IRQ_MAX_VECTORS items are laid out.
 */
uint32_t program_request(const struct op *op, int32_t (*fd_of)(void *data, int32_t code),
			 void *data, uint8_t *buf);

#endif
