/* SPDX-License-Identifier: MIT */
/*
 * race_emulator: threads fire at all indexes while others add, remove, replace, tear down and look.
 * Meant for ThreadSanitizer, under which Criterion does not start; without it, the counts are the
 * test: every fire ends in exactly one class, and every message that reached a handler was read.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "emulator/emulator.h"
#include "emulator/signal_mem.h"
#include "support/clock.h"
#include "uapi/irq_set.h"

#define VECTORS  16u
#define FIRERS   2
#define SETTERS  2
#define SLOTS    (VECTORS + 4u)
#define PHASE_NS (900 * NSEC_PER_MSEC)

struct run {
	struct backend *be;
	struct signal_mem *mem;
	_Atomic uint64_t fired; /* at MSI and MSI-X */
	atomic_bool stop;
	void (*step)(struct run *run, struct irq_set_buf *buf, uint64_t random);
};

struct worker {
	pthread_t thread;
	struct run *run;
	uint64_t seed;
};

static bool stopped(struct run *run)
{
	return atomic_load_explicit(&run->stop, memory_order_relaxed);
}

static uint64_t next(uint64_t *state)
{
	/* xorshift64: any sequence will do here */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void *fire_all(void *arg)
{
	struct worker *w = arg;
	struct run *run = w->run;
	uint64_t fired = 0;

	while (!stopped(run)) {
		uint64_t r = next(&w->seed);
		uint32_t vector = (uint32_t)(r >> 32) % VECTORS;

		if (r % 64 == 0) {
			backend_fire(run->be, VFIO_PCI_ERR_IRQ_INDEX, 0);
			backend_fire(run->be, VFIO_PCI_REQ_IRQ_INDEX, 0);
		} else if (r % 64 == 1) {
			emulator_set_line(run->be, r >> 63);
		} else if (r % 64 < 16) {
			backend_fire(run->be, VFIO_PCI_MSI_IRQ_INDEX, vector);
			fired++;
		} else {
			backend_fire(run->be, VFIO_PCI_MSIX_IRQ_INDEX, vector);
			fired++;
		}
	}
	atomic_fetch_add(&run->fired, fired);
	return NULL;
}

static void set_one(struct run *run, struct irq_set_buf *buf, uint32_t index, uint32_t vector,
		    int32_t fd)
{
	backend_set_irqs(run->be, irq_set_eventfds(buf, index, vector, 1, &fd));
}

/* Add and remove in place; vectors 0 and 1 stay as they are. */
static void step_dynamic(struct run *run, struct irq_set_buf *buf, uint64_t random)
{
	uint32_t vector = 2 + (uint32_t)(random >> 32) % (VECTORS - 2);

	set_one(run, buf, VFIO_PCI_MSIX_IRQ_INDEX, vector, random & 1 ? (int32_t)vector : -1);
}

static void step_teardown(struct run *run, struct irq_set_buf *buf, uint64_t random)
{
	int32_t fds[VECTORS];

	if (random & 1) {
		backend_set_irqs(run->be, irq_set_disable(buf, VFIO_PCI_MSIX_IRQ_INDEX));
		return;
	}
	for (uint32_t v = 0; v < VECTORS; v++)
		fds[v] = random >> (8 + v) & 1 ? (int32_t)v : -1;
	backend_set_irqs(run->be, irq_set_eventfds(buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, VECTORS, fds));
}

/*
 * INTX, unmasked by eventfd, while its eventfds are written, closed and made anew: what the watcher
 * of a virqfd does on the threads of others (R36-R38). Slots 0 and 1 signal, 2 and 3 are
 * watched.
 */
static void step_virqfd(struct run *run, struct irq_set_buf *buf, uint64_t random)
{
	uint32_t slot = (uint32_t)(random >> 32) % 4;
	uint32_t half = slot & 1, watched = half + 2;
	int32_t fd = random >> 20 & 1 ? (int32_t)watched : -1;

	switch (random % 8) {
	case 0:
		backend_set_irqs(run->be, irq_set_disable(buf, VFIO_PCI_INTX_IRQ_INDEX));
		break;
	case 1:
		set_one(run, buf, VFIO_PCI_INTX_IRQ_INDEX, 0, (int32_t)half);
		break;
	case 2:
		set_one(run, buf, VFIO_PCI_ERR_IRQ_INDEX, 0, (int32_t)slot);
		break;
	case 3:
		signal_mem_close(run->mem, slot);
		signal_mem_open(run->mem, slot, SIGNAL_MEM_EVENTFD);
		break;
	case 4:
		signal_mem_dup(run->mem, slot, slot ^ 1);
		break;
	case 5:
		backend_reset(run->be);
		break;
	case 6:
		signal_mem_write(run->mem, slot, 1);
		break;
	default:
		irq_set_eventfds(buf, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &fd);
		((struct vfio_irq_set *)buf->raw)->flags =
			VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_EVENTFD;
		backend_set_irqs(run->be, (struct vfio_irq_set *)buf->raw);
		break;
	}
}

/* Everything that SET_IRQS and the device side can do, at any index. */
static void step_anything(struct run *run, struct irq_set_buf *buf, uint64_t random)
{
	uint32_t index = (uint32_t)(random >> 8) % VFIO_PCI_NUM_IRQS;
	uint32_t vector = index == VFIO_PCI_MSI_IRQ_INDEX || index == VFIO_PCI_MSIX_IRQ_INDEX
				  ? (uint32_t)(random >> 32) % VECTORS
				  : 0;
	struct vfio_irq_set unmask = {
		.argsz = IRQ_SET_HDR_SIZE,
		.flags = VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE,
		.count = 1,
	};
	struct emu_vector_state vs;
	struct emu_state state;

	switch (random % 9) {
	case 0:
		backend_set_irqs(run->be, irq_set_disable(buf, index));
		break;
	case 1:
		backend_set_irqs(run->be, irq_set_loopback(buf, index, vector));
		break;
	case 2:
		backend_set_irqs(run->be, &unmask);
		break;
	case 3:
		backend_device(run->be, BACKEND_DEV_FUNCTION_MASK, (uint32_t)(random >> 63));
		break;
	case 4:
		emulator_state(run->be, &state);
		emulator_vector_state(run->be, vector, &vs);
		break;
	case 5:
		backend_reset(run->be);
		break;
	default:
		set_one(run, buf, index, vector, (int32_t)((random >> 40) % (SLOTS + 3)) - 2);
		break;
	}
}

static void *set_all(void *arg)
{
	struct worker *w = arg;
	struct irq_set_buf *buf = malloc(sizeof(*buf));

	while (buf && !stopped(w->run))
		w->run->step(w->run, buf, next(&w->seed));
	free(buf);
	return NULL;
}

static uint64_t all_signals(struct run *run)
{
	uint64_t sum = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		sum += signal_mem_read(run->mem, slot);
	return sum;
}

static bool expect(const char *phase, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	printf("FAIL %s: %s: %llu, not %llu\n", phase, what, (unsigned long long)got,
	       (unsigned long long)want);
	return false;
}

struct phase {
	const char *name;
	void (*step)(struct run *run, struct irq_set_buf *buf, uint64_t random);
	bool pba_cleared;
	bool cached;
	bool only_fires_signal; /* no loopback, ERR, REQ or INTX: what was sent is what was read */
};

static bool open_run(struct run *run, const struct phase *phase)
{
	struct emu_config cfg;

	if (signal_mem_create(SLOTS, &run->mem))
		return false;
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (signal_mem_open(run->mem, slot, SIGNAL_MEM_EVENTFD))
			return false;
	}
	emu_config_default(&cfg);
	cfg.msix_vectors = VECTORS;
	cfg.pba_cleared_on_disable = phase->pba_cleared;
	cfg.message_cached = phase->cached;
	cfg.signals = signal_mem_provider(run->mem);
	run->step = phase->step;
	return !emulator_open(&cfg, &run->be, NULL);
}

static bool check(struct run *run, const struct phase *phase)
{
	uint64_t fired = atomic_load(&run->fired), ended;
	struct emu_state s;
	bool ok;

	emulator_state(run->be, &s);
	ended = s.sent + s.coalesced + s.pending + s.dropped_disabled + s.dropped_shutdown;
	printf("%s: fired %llu = sent %llu + coalesced %llu + pending %u + disabled %llu + "
	       "shutdown %llu\n",
	       phase->name, (unsigned long long)fired, (unsigned long long)s.sent,
	       (unsigned long long)s.coalesced, s.pending, (unsigned long long)s.dropped_disabled,
	       (unsigned long long)s.dropped_shutdown);
	ok = expect(phase->name, "fires that ended", ended, fired);
	if (phase->only_fires_signal)
		ok &= expect(phase->name, "signals read", all_signals(run), s.sent);
	ok &= expect(phase->name, "references", s.references,
		     signal_mem_total_references(run->mem));

	backend_close(run->be);
	ok &= expect(phase->name, "references after close", signal_mem_total_references(run->mem),
		     0);
	signal_mem_destroy(run->mem);
	return ok;
}

static bool run_phase(const struct phase *phase)
{
	struct worker workers[FIRERS + SETTERS];
	struct irq_set_buf *buf = malloc(sizeof(*buf));
	int32_t fds[2] = {0, 1};
	struct run run = {0};

	if (!buf || !open_run(&run, phase)) {
		printf("FAIL %s: cannot open the device\n", phase->name);
		free(buf);
		return false;
	}
	if (phase->step != step_virqfd)
		backend_set_irqs(run.be, irq_set_eventfds(buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, 2, fds));
	free(buf);

	for (int i = 0; i < FIRERS + SETTERS; i++) {
		workers[i] = (struct worker){.run = &run,
					     .seed = 0x9e3779b97f4a7c15u * ((uint64_t)i + 1)};
		if (pthread_create(&workers[i].thread, NULL, i < FIRERS ? fire_all : set_all,
				   &workers[i]))
			abort();
	}
	clock_sleep_until(clock_ns() + PHASE_NS);
	atomic_store(&run.stop, true);
	for (int i = 0; i < FIRERS + SETTERS; i++)
		pthread_join(workers[i].thread, NULL);
	return check(&run, phase);
}

static const struct phase phases[] = {
	{"dynamic", step_dynamic, .only_fires_signal = true},
	{"teardown", step_teardown, .only_fires_signal = true},
	{"teardown, pending bits cleared", step_teardown, .pba_cleared = true,
	 .only_fires_signal = true},
	{"anything", step_anything, .cached = true},
	{"anything, pending bits cleared", step_anything, .pba_cleared = true},
	{"unmask by eventfd", step_virqfd, .pba_cleared = false},
};

int main(void)
{
	int passed = 0, failed = 0;

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (run_phase(&phases[i]))
			passed++;
		else
			failed++;
	}
	printf("%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed != 0;
}
