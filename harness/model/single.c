/* SPDX-License-Identifier: MIT */
/* single: ERR and REQ, one trigger each (section 1.6 of docs/rules.md, R20, R62-R64). */
#include "model/state.h"

static int set_eventfd(struct model *m, const struct call *c, uint8_t *trigger)
{
	uint8_t object = MODEL_NO_OBJECT;
	int32_t fd;
	int err;

	if (!c->h.count)
		return answer(m, R(12), -EINVAL);
	fd = op_request_fd(c->op, 0);
	if (fd < -1)
		return model_has(m, FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ) ? -EINVAL : 0;
	if (fd >= 0) {
		if (step_fails(m))
			return -EBADF;
		err = model_eventfd_get(m, fd, &object);
		if (err)
			return err; /* the old one is kept */
		if (model_has(m, FEATURE_ERR_REQ_RCU) && step_fails(m)) {
			model_eventfd_put(m, object);
			return answer(m, R(63), -ENOMEM);
		}
	}
	rule(m, R(63));
	model_eventfd_put(m, *trigger);
	*trigger = object;
	return 0;
}

int model_single_trigger(struct model *m, const struct call *c, uint8_t *trigger)
{
	rule(m, R(20));
	decides(m, RULED_RETURN, R(20));
	decides(m, RULED_COUNTER, R(20));
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(m, c, trigger);
	if (c->type == VFIO_IRQ_SET_DATA_BOOL) {
		if (!c->h.count)
			return answer(m, R(12), -EINVAL);
		if (op_request_bool(c->op, 0) && *trigger != MODEL_NO_OBJECT)
			model_eventfd_signal(m, *trigger);
		return 0;
	}
	if (*trigger == MODEL_NO_OBJECT)
		return -EINVAL;
	if (c->h.count) {
		model_eventfd_signal(m, *trigger);
	} else {
		model_eventfd_put(m, *trigger);
		*trigger = MODEL_NO_OBJECT;
	}
	return 0;
}
