/* SPDX-License-Identifier: MIT */
#include "exec/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_SHOWN 24u /* a short run has hundreds: that tells no one anything */

enum { INDEX, ACTION, TYPE, START, COUNT, FD, ARGSZ, STATE };

struct dimension {
	const char *name;
	uint32_t n;
	const char *values[8];
};

static const struct dimension dims[MATRIX_DIMENSIONS] = {
	[INDEX] = {"index", 6, {"INTX", "MSI", "MSIX", "ERR", "REQ", "unknown"}},
	[ACTION] = {"action", 5, {"none", "MASK", "UNMASK", "TRIGGER", "several"}},
	[TYPE] = {"type", 5, {"none", "NONE", "BOOL", "EVENTFD", "several"}},
	[START] = {"start", 4, {"0", "inside", "last", "beyond"}},
	[COUNT] = {"count", 5, {"0", "1", "some", "to the end", "beyond"}},
	[FD] = {"fd", 7, {"n/a", "good", "-1", "< -1", "good and -1", "bad", "good then bad"}},
	[ARGSZ] = {"argsz", 4, {"exact", "larger", "short of data", "short of header"}},
	[STATE] = {"state", 4, {"nothing enabled", "this one", "another", "ERR/REQ set"}},
};

static uint32_t total(void)
{
	uint32_t n = 1;

	for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++)
		n *= dims[d].n;
	return n;
}

int matrix_init(struct matrix *x)
{
	x->n = total();
	x->cells = calloc(x->n, sizeof(*x->cells));
	return x->cells ? 0 : -ENOMEM;
}

void matrix_free(struct matrix *x)
{
	free(x->cells);
	x->cells = NULL;
}

/* Of three bits: none of them 0, one of them 1 to 3, several 4. */
static uint32_t which_bit(uint32_t bits)
{
	static const uint8_t classes[8] = {0, 1, 2, 4, 3, 4, 4, 4};

	return classes[bits & 7];
}

static uint32_t action_class(uint32_t flags)
{
	_Static_assert(VFIO_IRQ_SET_ACTION_TYPE_MASK == 7 << 3, "MASK, UNMASK, TRIGGER");
	return which_bit(flags >> 3);
}

static uint32_t type_class(uint32_t flags)
{
	_Static_assert(VFIO_IRQ_SET_DATA_TYPE_MASK == 7, "NONE, BOOL, EVENTFD");
	return which_bit(flags);
}

static uint32_t start_class(const struct request_head *h, uint32_t n)
{
	if (h->start >= n)
		return 3;
	if (!h->start)
		return 0;
	return h->start == n - 1 ? 2 : 1;
}

static uint32_t count_class(const struct request_head *h, uint32_t n)
{
	if (!h->count)
		return 0;
	if (h->start >= n || h->count > n - h->start)
		return 4;
	if (h->count == 1)
		return 1;
	return h->start + h->count == n ? 3 : 2;
}

static uint32_t fd_class(const struct model *m, const struct op *op, const struct request_head *h)
{
	uint32_t items = (h->size - IRQ_SET_HDR_SIZE) / (uint32_t)sizeof(int32_t);
	bool good = false, none = false, other = false, bad = false, good_first = false;

	if (items > h->count)
		items = h->count;
	if (items > PROGRAM_ITEMS)
		items = PROGRAM_ITEMS; /* they repeat */
	for (uint32_t i = 0; i < items; i++) {
		int32_t fd = op_request_fd(op, i);

		if (fd >= (int32_t)PROGRAM_SLOTS || (fd >= 0 && m->slot[fd] == MODEL_NO_OBJECT)) {
			good_first |= good && !bad;
			bad = true;
		} else if (fd >= 0) {
			good = true;
		} else if (fd == -1) {
			none = true;
		} else {
			other = true;
		}
	}
	if (bad)
		return good_first ? 6 : 5;
	if (other)
		return 3;
	if (good)
		return none ? 4 : 1;
	return none ? 2 : 0;
}

static uint32_t item_size(uint32_t type)
{
	return type == 3 ? 4 : type == 2;
}

static uint32_t argsz_class(const struct request_head *h, uint32_t type)
{
	uint64_t want = IRQ_SET_HDR_SIZE + (uint64_t)h->count * item_size(type);

	if (h->argsz < IRQ_SET_HDR_SIZE)
		return 3;
	if (h->argsz < want)
		return 2;
	return h->argsz > want;
}

static uint32_t state_class(const struct model *m, uint32_t index)
{
	if (m->type != VFIO_PCI_NUM_IRQS)
		return m->type == index ? 1 : 2;
	return m->err != MODEL_NO_OBJECT || m->req != MODEL_NO_OBJECT ? 3 : 0;
}

void matrix_count(struct matrix *x, const struct model *m, const struct op *op)
{
	uint32_t v[MATRIX_DIMENSIONS], cell = 0, n;
	struct request_head h;

	op_request_head(op, &h);
	if (h.size < IRQ_SET_HDR_SIZE)
		return; /* no header, no class */
	n = h.index == VFIO_PCI_MSIX_IRQ_INDEX ? m->msix_count
	    : h.index < VFIO_PCI_NUM_IRQS      ? m->cfg.count[h.index]
					       : 0;
	v[INDEX] = h.index < VFIO_PCI_NUM_IRQS ? h.index : VFIO_PCI_NUM_IRQS;
	v[ACTION] = action_class(h.flags);
	v[TYPE] = type_class(h.flags);
	v[START] = start_class(&h, n);
	v[COUNT] = count_class(&h, n);
	v[FD] = v[TYPE] == 3 ? fd_class(m, op, &h) : 0;
	v[ARGSZ] = argsz_class(&h, v[TYPE]);
	v[STATE] = state_class(m, h.index);
	for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++)
		cell = cell * dims[d].n + v[d];
	x->cells[cell]++;
}

static void decode(uint32_t cell, uint32_t v[MATRIX_DIMENSIONS])
{
	for (uint32_t d = MATRIX_DIMENSIONS; d--;) {
		v[d] = cell % dims[d].n;
		cell /= dims[d].n;
	}
}

/* Can any request fall into this cell? */
static bool possible(const uint32_t v[MATRIX_DIMENSIONS])
{
	if (v[TYPE] != 3 && v[FD])
		return false; /* no fds */
	if (!v[COUNT] && v[FD])
		return false; /* no items */
	if (v[FD] == 4 && v[COUNT] == 1)
		return false; /* two kinds of fd in one item */
	if (v[FD] == 6 && v[COUNT] == 1)
		return false;
	if (v[TYPE] == 3 && v[COUNT] && v[COUNT] != 4 && !v[FD] && v[ARGSZ] != 3)
		return v[ARGSZ] == 2; /* a request with no data: argsz fits or is short */
	if (v[ARGSZ] == 2 && (v[TYPE] == 0 || v[TYPE] == 1 || v[TYPE] == 4 || !v[COUNT]))
		return false; /* no data to be short of */
	if (v[START] == 3 && v[COUNT] && v[COUNT] != 4)
		return false; /* past the end: every count but 0 is beyond */
	if (v[COUNT] == 3 && v[START] == 2)
		return false; /* from the last to the end is 1 */
	if (v[COUNT] == 2 && v[START] == 2)
		return false;
	if (v[INDEX] == 5 && (v[START] != 3 || v[STATE] == 1))
		return false; /* an unknown index has nothing */
	if (v[INDEX] != 1 && v[INDEX] != 2 && v[INDEX] != 5) {
		/* one interrupt: its only start is 0 */
		if (v[START] == 1 || v[START] == 2 || v[COUNT] == 2 || v[COUNT] == 3)
			return false;
	}
	if ((v[INDEX] == 3 || v[INDEX] == 4) && v[STATE] == 1)
		return false; /* ERR and REQ are no type */
	return true;
}

struct marginals {
	uint64_t one[MATRIX_DIMENSIONS][8];
	/* pairs of values: seen 1, possible 2 */
	uint8_t pair[MATRIX_DIMENSIONS][8][MATRIX_DIMENSIONS][8];
};

static void add_pairs(struct marginals *g, const uint32_t v[MATRIX_DIMENSIONS], uint8_t bit)
{
	for (uint32_t a = 0; a < MATRIX_DIMENSIONS; a++) {
		for (uint32_t b = a + 1; b < MATRIX_DIMENSIONS; b++)
			g->pair[a][v[a]][b][v[b]] |= bit;
	}
}

static void collect(const struct matrix *x, struct matrix_summary *s, struct marginals *g)
{
	uint32_t v[MATRIX_DIMENSIONS];

	memset(s, 0, sizeof(*s));
	memset(g, 0, sizeof(*g));
	for (uint32_t cell = 0; cell < x->n; cell++) {
		bool can;

		decode(cell, v);
		can = possible(v);
		if (!can && !x->cells[cell])
			continue;
		s->possible++;
		add_pairs(g, v, 2);
		if (!x->cells[cell])
			continue;
		s->hit++;
		s->requests += x->cells[cell];
		add_pairs(g, v, 1);
		for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++)
			g->one[d][v[d]] += x->cells[cell];
	}
}

struct pair {
	uint32_t a, i, b, j;
};

/* Step to the next pair that could be hit; false at the end. */
static bool next_pair(const struct marginals *g, struct pair *p, bool *seen)
{
	for (;;) {
		if (++p->j >= dims[p->b].n) {
			p->j = 0;
			if (++p->b >= MATRIX_DIMENSIONS) {
				if (++p->i >= dims[p->a].n) {
					p->i = 0;
					p->a++;
				}
				p->b = p->a + 1;
				if (p->b >= MATRIX_DIMENSIONS)
					return false;
			}
		}
		if (g->pair[p->a][p->i][p->b][p->j]) {
			*seen = g->pair[p->a][p->i][p->b][p->j] & 1;
			return true;
		}
	}
}

static const struct pair first_pair = {0, 0, 1, UINT32_MAX};

void matrix_summarize(const struct matrix *x, struct matrix_summary *s)
{
	struct pair p = first_pair;
	struct marginals g;
	bool seen;

	collect(x, s, &g);
	while (next_pair(&g, &p, &seen)) {
		s->pairs_possible++;
		s->pairs_hit += seen;
	}
}

void matrix_print(const struct matrix *x, FILE *f)
{
	struct matrix_summary s;
	struct pair p = first_pair;
	struct marginals g;
	bool seen;

	matrix_summarize(x, &s);
	collect(x, &(struct matrix_summary){0}, &g);
	fprintf(f, "inputs: %u of %u cells hit, %u of %u pairs of values\n", s.hit, s.possible,
		s.pairs_hit, s.pairs_possible);
	for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++) {
		fprintf(f, "  %-7s", dims[d].name);
		for (uint32_t i = 0; i < dims[d].n; i++)
			fprintf(f, "%s %s %llu", i ? "," : "", dims[d].values[i],
				(unsigned long long)g.one[d][i]);
		fputc('\n', f);
	}
	if (s.pairs_possible - s.pairs_hit > PAIRS_SHOWN) {
		fprintf(f, "  %u pairs never met; --matrix FILE has every cell\n",
			s.pairs_possible - s.pairs_hit);
		return;
	}
	while (next_pair(&g, &p, &seen)) {
		if (!seen)
			fprintf(f, "  never: %s %s with %s %s\n", dims[p.a].name,
				dims[p.a].values[p.i], dims[p.b].name, dims[p.b].values[p.j]);
	}
}

void matrix_json(const struct matrix *x, struct json *j, const char *key)
{
	struct matrix_summary s;
	struct pair p = first_pair;
	struct marginals g;
	bool seen;

	matrix_summarize(x, &s);
	collect(x, &(struct matrix_summary){0}, &g);
	json_object_begin(j, key);
	json_u64(j, "possible", s.possible);
	json_u64(j, "hit", s.hit);
	json_u64(j, "never", s.possible - s.hit);
	json_u64(j, "pairs_possible", s.pairs_possible);
	json_u64(j, "pairs_hit", s.pairs_hit);
	json_array_begin(j, "dimensions");
	for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++) {
		json_object_begin(j, NULL);
		json_str(j, "name", dims[d].name);
		json_array_begin(j, "values");
		for (uint32_t i = 0; i < dims[d].n; i++)
			json_str(j, NULL, dims[d].values[i]);
		json_array_end(j);
		json_array_begin(j, "counts");
		for (uint32_t i = 0; i < dims[d].n; i++)
			json_u64(j, NULL, g.one[d][i]);
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
	json_array_begin(j, "pairs_never");
	while (next_pair(&g, &p, &seen)) {
		char text[128];

		if (seen)
			continue;
		snprintf(text, sizeof(text), "%s %s, %s %s", dims[p.a].name, dims[p.a].values[p.i],
			 dims[p.b].name, dims[p.b].values[p.j]);
		json_str(j, NULL, text);
	}
	json_array_end(j);
	json_object_end(j);
}

void matrix_csv(const struct matrix *x, FILE *f)
{
	uint32_t v[MATRIX_DIMENSIONS];

	for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++)
		fprintf(f, "%s,", dims[d].name);
	fputs("requests\n", f);
	for (uint32_t cell = 0; cell < x->n; cell++) {
		decode(cell, v);
		if (!x->cells[cell] && !possible(v))
			continue;
		for (uint32_t d = 0; d < MATRIX_DIMENSIONS; d++)
			fprintf(f, "%s,", dims[d].values[v[d]]);
		fprintf(f, "%llu\n", (unsigned long long)x->cells[cell]);
	}
}
