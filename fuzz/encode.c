/* SPDX-License-Identifier: MIT */
/* encode: see encode.h. */
#include "fuzz/encode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/binary.h"
#include "program/text.h"
#include "vmm/guest_program.h"

#define HEAD_MAX 16u

static int no_memory(struct errmsg *e)
{
	return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
}

/* @head bytes, which the comment `# head: N N` of the seed gives, and the program. */
static int encode_program(const struct program *p, const uint8_t *head, size_t head_size,
			  uint8_t **out, size_t *size)
{
	uint8_t *bytes;

	if (binary_encode(p, &bytes, size))
		return -ENOMEM;
	*out = malloc(head_size + *size + 1);
	if (*out) {
		if (head_size)
			memcpy(*out, head, head_size);
		memcpy(*out + head_size, bytes, *size);
		*size += head_size;
	}
	free(bytes);
	return *out ? 0 : -ENOMEM;
}

static int raw_fd(void *data, int32_t code)
{
	(void)data;
	return code;
}

/* Requests become what they are in memory; of the other operations those that the target has. */
static int encode_raw(const struct program *p, const char *path, uint8_t **out, size_t *size,
		      struct errmsg *e)
{
	uint8_t *request = malloc(PROGRAM_REQUEST_MAX), *bytes = malloc(p->n * 64 + 1);
	uint32_t before = 0;
	size_t n = 0;
	int err = 0;

	if (!request || !bytes) {
		err = no_memory(e);
		goto out;
	}
	for (uint32_t i = 0; i < p->n && !err; i++) {
		const struct op *op = &p->ops[i];
		uint32_t length;

		if (op->kind == OP_FIRE || op->kind == OP_READ || op->kind == OP_LINE) {
			before = op->kind == OP_FIRE ? 1 : op->kind == OP_READ ? 2 : 3;
			continue;
		}
		if (!op_is_call(op)) {
			err = errmsg_set(e, -EINVAL, EXIT_USAGE,
					 "%s: operation %u is none that raw inputs have", path,
					 i + 1);
			break;
		}
		length = program_request(op, raw_fd, NULL, request);
		if (length > PROGRAM_ITEMS * sizeof(int32_t)) {
			err = errmsg_set(e, -EINVAL, EXIT_USAGE,
					 "%s: operation %u is %u bytes, more than raw inputs have",
					 path, i + 1, length);
			break;
		}
		bytes[n++] = (uint8_t)(before << 6 | length);
		memcpy(bytes + n, request, length);
		n += length;
		before = 0;
	}
out:
	free(request);
	if (err) {
		free(bytes);
		return err;
	}
	*out = bytes;
	*size = n;
	return 0;
}

static int copy_text(const uint8_t *text, size_t text_size, uint8_t **out, size_t *size,
		     struct errmsg *e)
{
	*out = malloc(text_size + 1);
	if (!*out)
		return no_memory(e);
	memcpy(*out, text, text_size);
	*size = text_size;
	return 0;
}

static int encode_guest(const char *path, const uint8_t *text, size_t text_size, uint8_t **out,
			size_t *size, struct errmsg *e)
{
	char *copy = strndup((const char *)text, text_size);
	struct guest_program p;
	int err;

	*out = malloc(GUEST_BYTES);
	err = copy && *out ? guest_program_parse(copy, path, &p, e) : no_memory(e);
	free(copy);
	if (err) {
		free(*out);
		return err;
	}
	*size = guest_program_encode(&p, *out);
	return 0;
}

/* "# head: 255 16" somewhere in the seed: @n bytes, 0 where it does not say. */
static void find_head(const uint8_t *text, size_t text_size, uint8_t *head, size_t n)
{
	const char *at = memmem(text, text_size, "# head:", 7);
	char line[128], *next = line, *end;
	size_t left;

	memset(head, 0, n);
	if (!at)
		return;
	at += 7;
	left = text_size - (size_t)((const uint8_t *)at - text);
	snprintf(line, sizeof(line), "%.*s", (int)(left < 127 ? left : 127), at);
	next[strcspn(next, "\n")] = '\0';
	for (size_t i = 0; i < n; i++) {
		head[i] = (uint8_t)strtoul(next, &end, 0);
		if (end == next)
			return;
		next = end;
	}
}

/* The targets whose inputs are more than a program, and how many bytes more. */
static size_t head_of(const char *target)
{
	if (!strcmp(target, "fuzz_irq_faults") || !strcmp(target, "fuzz_irq_stress"))
		return 2;
	return strcmp(target, "fuzz_irq_interleave") ? 0 : HEAD_MAX;
}

int encode_seed(const char *target, const char *path, const uint8_t *text, size_t text_size,
		uint8_t **out, size_t *size, struct errmsg *e)
{
	uint8_t head[HEAD_MAX];
	size_t head_size = head_of(target);
	struct program p;
	int err;

	if (!strcmp(target, "fuzz_program_text") || !strcmp(target, "fuzz_storm"))
		return copy_text(text, text_size, out, size, e);
	if (!strcmp(target, "fuzz_msix_guest"))
		return encode_guest(path, text, text_size, out, size, e);
	program_init(&p);
	err = text_parse((const char *)text, text_size, path, &p, e);
	if (err)
		return err;
	if (!strcmp(target, "fuzz_set_irqs_raw")) {
		err = encode_raw(&p, path, out, size, e);
	} else {
		find_head(text, text_size, head, head_size);
		if (encode_program(&p, head, head_size, out, size))
			err = no_memory(e);
	}
	program_free(&p);
	return err;
}
