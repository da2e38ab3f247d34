import { Router } from 'express';
import { isOrderNumber } from '@ordershard/order-events';
import { decodeNumber } from '@ordershard/shard-router';
import type { Caller } from '../commands/caller.ts';
import { changeOrder } from '../commands/change-order.ts';
import type { CommandParts } from '../commands/parts.ts';
import { placeOrder } from '../commands/place-order.ts';
import { ENDINGS, STEPS, type ChangeOrder } from '../orders/command.ts';
import { OrderNotFoundError } from '../orders/errors.ts';
import { assertAllowed } from '../orders/rules.ts';
import { findOrder, type QueryParts } from '../views/find-order.ts';
import { readJson, requiredBody } from './body.ts';
import { commandContext, sendOutcome } from './command-context.ts';
import { endpoint } from './endpoint.ts';
import { callerOf } from './locals.ts';
import { invalid, Problem } from './problem.ts';
import { sendOrder } from './respond.ts';
import { emptyBody, orderQuery, placeOrderBody, reasonBody } from './schemas.ts';
import { validate } from './validate.ts';

interface OrderParams {
  readonly number: string;
}

/** The routes of orders: placing, reading, and each command. */
export function orderRoutes(parts: CommandParts & QueryParts): Router {
  const router = Router();
  endpoint(router, '/orders', {
    POST: [
      readJson,
      async (request, response) => {
        const context = commandContext(request.headers, response);
        const body = validate(placeOrderBody, requiredBody(request.body), 'body');
        const memberId = memberOf(context.caller, body.memberId);
        const outcome = await placeOrder(parts, { ...body, memberId }, context);
        response.setHeader('Location', `/v1/orders/${outcome.snapshot.number}`);
        sendOutcome(response, 201, outcome);
      },
    ],
  });
  endpoint<OrderParams>(router, '/orders/:number', {
    GET: async (request, response) => {
      const number = numberOf(request.params, parts.now());
      const freshness = validate(orderQuery, request.query, 'query');
      const order = await findOrder(parts, callerOf(response), number, freshness);
      sendOrder(response, order, request.headers['if-none-match']);
    },
  });
  for (const type of STEPS) {
    commandRoute(router, parts, type, (body, { role }) => {
      validate(emptyBody, body, 'body');
      return { type, by: role };
    });
  }
  for (const type of ENDINGS) {
    commandRoute(router, parts, type, (body, { role }) => {
      const { reason } = validate(reasonBody, body, 'body');
      return { type, by: role, reason };
    });
  }
  return router;
}

function commandRoute(
  router: Router,
  parts: CommandParts,
  type: ChangeOrder['type'],
  commandOf: (body: unknown, caller: Caller) => ChangeOrder,
): void {
  endpoint<OrderParams>(router, `/orders/:number/${type}`, {
    POST: [
      readJson,
      async (request, response) => {
        const context = commandContext(request.headers, response);
        const command = commandOf(request.body === undefined ? {} : request.body, context.caller);
        const outcome = await changeOrder(parts, numberOf(request.params, parts.now()), command, context);
        sendOutcome(response, 200, outcome);
      },
    ],
  });
}

/** How far ahead the clock of whoever drew a number can be. */
const CLOCK_SKEW_MS = 60_000;

/** The order number of a path. What is no number, or one of a time to come, is no order either. */
function numberOf({ number }: OrderParams, now: Date): bigint {
  if (!isOrderNumber(number)) throw new OrderNotFoundError(JSON.stringify(number.slice(0, 40)));
  const value = BigInt(number);
  if (decodeNumber(value).timeMs > now.getTime() + CLOCK_SKEW_MS) throw new OrderNotFoundError(number);
  return value;
}

/** Whose order is placed: a member's own; those that act for members say whose. */
function memberOf(caller: Caller, memberId: string | undefined): string {
  assertAllowed('place', caller.role);
  if (caller.role !== 'member') {
    if (memberId === undefined) throw invalid([{ field: 'memberId', message: 'is required' }]);
    return memberId;
  }
  if (memberId !== undefined && memberId !== caller.subject) {
    const message = 'must be the caller, or absent';
    throw new Problem('forbidden', `memberId ${message}`, { errors: [{ field: 'memberId', message }] });
  }
  return caller.subject;
}
