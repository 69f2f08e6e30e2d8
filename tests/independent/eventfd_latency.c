/* SPDX-License-Identifier: MIT */
/*
 * eventfd_latency: what `irqstorm stress --mode open` measures on the emulator, measured without a
 * line of irqstorm. One thread writes to VECTORS eventfds round and round, RATE times a second in
 * all, on a schedule that waits for nobody. The other sleeps in epoll_wait(), for TIMEOUT_MS at
 * most (-1: for ever), and reads. A response is from the time that a write was due to the time
 * after the read that brought it; service, once a read, from the time just before its last write.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static uint64_t rate, fires, vectors, start, *made;
static int *fds, producer_cpu;

static void check(int ok, const char *what)
{
	if (!ok)
		exit((perror(what), 3));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t due(uint64_t n)
{
	return start + n * 1000000000 / rate;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	check(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

static void *produce(void *arg)
{
	run_on(producer_cpu);
	for (uint64_t n = 0; n < fires; n++) {
		uint64_t wake = due(n) - 100000; /* the rest of the way awake, to be on time */
		struct timespec ts = {(time_t)(wake / 1000000000), (long)(wake % 1000000000)};

		if (now_ns() + 100000 < wake)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		while ((made[n] = now_ns()) < due(n))
			;
		check(write(fds[n % vectors], &(uint64_t){1}, 8) == 8, "write");
	}
	return arg;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *x, uint64_t n)
{
	qsort(x, n, sizeof(*x), by_size);
	return n ? x[n / 2] : 0;
}

int main(int argc, char **argv)
{
	uint64_t received = 0, reads = 0, count, *response, *service, *next;
	struct epoll_event ready[256];
	int epfd = epoll_create1(0), timeout;
	pthread_t producer;

	if (argc != 7 || !(rate = strtoull(argv[1], NULL, 10)) ||
	    !(fires = strtoull(argv[2], NULL, 10)) || !(vectors = strtoull(argv[3], NULL, 10)))
		return fprintf(stderr,
			       "usage: %s RATE FIRES VECTORS PRODUCER_CPU CONSUMER_CPU "
			       "TIMEOUT_MS\n",
			       argv[0]),
		       2;
	producer_cpu = atoi(argv[4]);
	run_on(atoi(argv[5]));
	timeout = atoi(argv[6]);
	response = calloc(fires, sizeof(*response));
	service = calloc(fires, sizeof(*service));
	made = calloc(fires, sizeof(*made));
	next = calloc(vectors, sizeof(*next));
	fds = calloc(vectors, sizeof(*fds));
	check(response && service && made && next && fds, "calloc");
	for (uint64_t v = 0; v < vectors; next[v] = v, v++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.u64 = v};

		fds[v] = eventfd(0, EFD_NONBLOCK);
		check(!epoll_ctl(epfd, EPOLL_CTL_ADD, fds[v], &ev), "eventfd");
	}
	start = now_ns() + 10000000;
	check(!pthread_create(&producer, NULL, produce, NULL), "pthread_create");
	while (received < fires && now_ns() < due(fires) + 10000000000) {
		int n = epoll_wait(epfd, ready, 256, timeout);

		for (int i = 0; i < n; i++) {
			uint64_t v = ready[i].data.u64, now;

			check(read(fds[v], &count, 8) == 8, "read");
			now = now_ns();
			for (; count && received < fires; count--, next[v] += vectors)
				response[received++] = now - due(next[v]);
			service[reads++] = now - made[next[v] - vectors];
		}
	}
	pthread_join(producer, NULL);
	printf("fired %lu received %lu reads %lu response_p50_ns %lu service_p50_ns %lu\n", fires,
	       received, reads, median(response, received), median(service, reads));
	return received != fires;
}
