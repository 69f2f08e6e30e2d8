/* SPDX-License-Identifier: MIT */
/* Storms in a box: placeholder main while the accountant grows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "stress/sim/sim.h"

int main(int argc, char **argv)
{
	uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000;
	struct sim *s = sim_new();
	uint64_t fires = 0, vectors = 0, start = clock_ns();

	for (uint64_t i = from; i < from + n; i++) {
		const struct stress_config *cfg;
		const struct stress_result *r;
		const struct truth *t;
		struct sim_scenario sc;
		struct errmsg e;
		char text[600];
		int err;

		sim_scenario_random(&sc, i);
		if (n == 1)
			puts(sim_scenario_text(&sc, text, sizeof(text)));
		err = sim_run(s, &sc, &cfg, &r, &t, &e);
		if (err)
			printf("%" PRIu64 ": %d %s\n  %s\n", i, err, e.text, sim_scenario_text(&sc, text, sizeof(text)));
		fires += t->fires.n;
		vectors += sc.vectors;
	}
	printf("%" PRIu64 " fires, %" PRIu64 " vectors, %f s\n", fires, vectors, (double)(clock_ns() - start) / 1e9);
	sim_free(s);
}
