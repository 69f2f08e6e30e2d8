/* SPDX-License-Identifier: MIT */
#include "bench/cost_json.h"

#include <math.h>
#include <stdio.h>

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *figure(const struct cost_curve *curve, const struct cost_point *p, int move)
{
	const struct stats_interval *i = &p->interval[move];
	json_t *values = json_array();

	for (uint32_t r = 0; r < curve->rounds; r++)
		json_array_append_new(values, number(p->round[move][r]));
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "n", (json_int_t)curve->rounds,
			 "samples", (json_int_t)p->samples[move], "median", number(i->median), "lo",
			 number(i->lo), "hi", number(i->hi), "values", values);
}

static json_t *curve_json(const char *target, const struct cost_curve *c)
{
	json_t *points = json_array(), *growth = json_object();

	for (uint32_t i = 0; i < c->n_points; i++) {
		json_t *point = json_pack("{s:I}", "held", (json_int_t)c->point[i].held);

		for (int m = 0; m < COST_MOVES; m++) {
			char key[24];

			snprintf(key, sizeof(key), "%s_ns", cost_move_names[m]);
			json_object_set_new(point, key, figure(c, &c->point[i], m));
		}
		json_array_append_new(points, point);
	}
	for (int m = 0; m < COST_MOVES; m++)
		json_object_set_new(growth, cost_move_names[m],
				    number(cost_growth(c, (enum cost_move)m)));
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "target", target, "strategy",
			 c->strategy->name, "state", c->cannot ? "cannot" : "measured", "why",
			 c->why, "vectors", (json_int_t)c->limit, "growth", growth, "points",
			 points);
}

json_t *cost_json(const char *target, const struct cost_curve *curves, uint32_t n)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(all, curve_json(target, &curves[i]));
	return json_pack("{s:s, s:s, s:o}", "schema", "irqstorm.bench-cost/1", "target", target,
			 "curves", all);
}
