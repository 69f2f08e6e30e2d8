/* SPDX-License-Identifier: MIT */
#include "vfio/procirq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH  "/proc/interrupts"
#define FIRST 32768

/* Step over @word. */
static bool skip(const char **p, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *p) < len || memcmp(*p, word, len))
		return false;
	*p += len;
	return true;
}

/* "[N]" */
static bool number(const char **p, const char *end, uint32_t *n)
{
	const char *from;

	if (!skip(p, end, "["))
		return false;
	*n = 0;
	for (from = *p; *p < end && **p >= '0' && **p <= '9' && *p - from < 5; (*p)++)
		*n = *n * 10 + (uint32_t)(**p - '0');
	return *p > from && skip(p, end, "]");
}

static bool device(const char **p, const char *end, const char *bdf)
{
	return skip(p, end, "(") && skip(p, end, bdf) && skip(p, end, ")");
}

/* @p: behind "vfio-". Returns where to go on. */
static const char *one(const char *p, const char *end, const char *bdf, struct procirq_lines *out)
{
	bool msix = false;
	uint32_t n = 0;

	if (skip(&p, end, "intx")) {
		if (device(&p, end, bdf)) {
			out->intx++;
			out->active[0] |= 1;
		}
		return p;
	}
	if (!skip(&p, end, "msi"))
		return p;
	msix = skip(&p, end, "x");
	if (!number(&p, end, &n) || !device(&p, end, bdf) || n >= IRQ_MAX_VECTORS)
		return p;
	if (msix)
		out->msix++;
	else
		out->msi++;
	out->active[n / 64] |= UINT64_C(1) << n % 64;
	return p;
}

void procirq_parse(const char *text, size_t len, const char *bdf, struct procirq_lines *out)
{
	static const char prefix[] = "vfio-";
	const char *p = text, *end = text + len;

	memset(out, 0, sizeof(*out));
	while ((p = memmem(p, (size_t)(end - p), prefix, sizeof(prefix) - 1)))
		p = one(p + sizeof(prefix) - 1, end, bdf, out);
}

/* The numbers of a line, added up by the CPUs that the columns stand for. */
static void add_line(const char *line, const char *end, const int *column_cpu, size_t columns,
		     uint64_t by_cpu[PROCIRQ_CPUS])
{
	const char *p = memchr(line, ':', (size_t)(end - line));

	for (size_t c = 0; p && c < columns; c++) {
		uint64_t n = 0;

		/* ':' at first, then the blank behind a number */
		for (p++; p < end && *p == ' '; p++)
			;
		if (p == end || *p < '0' || *p > '9')
			return;
		for (; p < end && *p >= '0' && *p <= '9'; p++)
			n = n * 10 + (uint64_t)(*p - '0');
		if (column_cpu[c] < PROCIRQ_CPUS)
			by_cpu[column_cpu[c]] += n;
	}
}

/* "CPU0 CPU2 ...": CPUs that are offline have no column. */
static size_t parse_columns(const char *line, const char *end, int *cpus, size_t max)
{
	size_t n = 0;

	while (n < max && (line = memmem(line, (size_t)(end - line), "CPU", 3))) {
		line += 3;
		cpus[n] = 0;
		for (; line < end && *line >= '0' && *line <= '9'; line++)
			cpus[n] = cpus[n] * 10 + (*line - '0');
		n++;
	}
	return n;
}

void procirq_parse_taken(const char *text, size_t len, const char *bdf,
			 uint64_t by_cpu[PROCIRQ_CPUS])
{
	const char *line = text, *end = text + len, *eol;
	int column_cpu[PROCIRQ_CPUS];
	size_t columns = 0;

	memset(by_cpu, 0, PROCIRQ_CPUS * sizeof(*by_cpu));
	for (; line < end; line = eol + 1) {
		struct procirq_lines found;

		eol = memchr(line, '\n', (size_t)(end - line));
		if (!eol)
			eol = end;
		if (line == text) {
			columns = parse_columns(line, eol, column_cpu, PROCIRQ_CPUS);
			continue;
		}
		procirq_parse(line, (size_t)(eol - line), bdf, &found);
		if (found.msi + found.msix)
			add_line(line, eol, column_cpu, columns, by_cpu);
	}
}

int procirq_open(struct procirq *p)
{
	p->fd = open(PATH, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	p->size = FIRST;
	p->buf = malloc(p->size);
	if (p->buf)
		return 0;
	close(p->fd);
	p->fd = -1;
	return -ENOMEM;
}

/* The whole file, of @len bytes, into the buffer. */
static int read_all(struct procirq *p, size_t *filled)
{
	size_t len = 0;
	ssize_t n;

	/* The kernel hands out about a page a call, whole lines only. */
	while ((n = pread(p->fd, p->buf + len, p->size - len, (off_t)len)) > 0) {
		char *more;

		len += (size_t)n;
		if (p->size - len >= p->size / 4)
			continue;
		more = realloc(p->buf, p->size * 2);
		if (!more)
			return -ENOMEM;
		p->buf = more;
		p->size *= 2;
	}
	*filled = len;
	return n < 0 ? -errno : 0;
}

int procirq_read(struct procirq *p, const char *bdf, struct procirq_lines *out)
{
	size_t len;
	int err = read_all(p, &len);

	if (!err)
		procirq_parse(p->buf, len, bdf, out);
	return err;
}

int procirq_read_taken(struct procirq *p, const char *bdf, uint64_t by_cpu[PROCIRQ_CPUS])
{
	size_t len;
	int err = read_all(p, &len);

	if (!err)
		procirq_parse_taken(p->buf, len, bdf, by_cpu);
	return err;
}

const char *procirq_text(struct procirq *p, size_t *len)
{
	return p->fd < 0 || read_all(p, len) ? NULL : p->buf;
}

void procirq_close(struct procirq *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->buf);
	p->fd = -1;
	p->buf = NULL;
}

int procirq_count(const char *bdf)
{
	struct procirq_lines lines;
	struct procirq p;
	int err = procirq_open(&p);

	if (err)
		return err;
	err = procirq_read(&p, bdf, &lines);
	procirq_close(&p);
	return err ? err : (int)(lines.intx + lines.msi + lines.msix);
}
