import type { Caller } from '../commands/caller.ts';
import { changeOrder } from '../commands/change-order.ts';
import type { CommandParts } from '../commands/parts.ts';
import { placeNumberedOrder } from '../commands/place-numbered.ts';
import { placeOrder } from '../commands/place-order.ts';
import { ENDINGS, STEPS } from '../orders/command.ts';
import { historyOf } from '../orders/history.ts';
import { findOrder } from '../views/find-order.ts';
import { commandContext, ifVersions, sendOutcome } from './command-context.ts';
import { bulkRoute } from './bulk-route.ts';
import { served, type ServedOperation } from './operation.ts';
import * as operations from './operations/order-operations.ts';
import { numberOf } from './order-number.ts';
import { Problem } from './problem.ts';
import { sendJson, sendOrder, tokenOf } from './respond.ts';
import { followOrder, type TrackingParts } from './track-order.ts';

/** The routes of orders: placing, reading, and each command. */
export function orderRoutes(parts: CommandParts & TrackingParts): readonly ServedOperation[] {
  return [
    served(operations.placeOrder, async (call) => {
      const { caller, body, response } = call;
      const context = commandContext(call);
      const outcome = await placeOrder(
        parts,
        { ...body, memberId: memberOf(caller, body.memberId) },
        context,
      );
      response.setHeader('Location', `/v1/orders/${outcome.snapshot.number}`);
      sendOutcome(call, 201, outcome);
    }),
    served(operations.drawNumber, ({ response }) => {
      sendJson(response, 200, { number: parts.router.drawNumber().toString() });
    }),
    served(operations.placeNumberedOrder, async (call) => {
      const { caller, params, body, response } = call;
      const number = numberOf(params.number, parts.now());
      const order = { ...body, memberId: memberOf(caller, body.memberId) };
      const outcome = await placeNumberedOrder(parts, number, order, commandContext(call));
      if (!outcome.replayed) response.setHeader('Location', `/v1/orders/${number}`);
      sendOutcome(call, outcome.replayed ? 200 : 201, outcome);
    }),
    served(operations.getOrder, async ({ caller, params, query, reader, request, response }) => {
      const order = await findOrder(parts, caller, numberOf(params.number, parts.now()), query, reader);
      sendOrder(response, order, reader, request.headers['if-none-match']);
    }),
    served(operations.getHistory, async ({ caller, params, query, reader, response }) => {
      const order = await findOrder(parts, caller, numberOf(params.number, parts.now()), query, reader);
      const { number, version } = order;
      sendJson(response, 200, { number, version, entries: historyOf(order) }, tokenOf(reader));
    }),
    served(operations.trackOrder, (call) => followOrder(parts, call)),
    ...STEPS.map((type) =>
      served(operations.stepOperation(type), async (call) => {
        const { caller, params, request } = call;
        const context = { ...commandContext(call), ifVersions: ifVersions(request.headers) };
        const command = { type, by: caller.role };
        const number = numberOf(params.number, parts.now());
        sendOutcome(call, 200, await changeOrder(parts, number, command, context));
      }),
    ),
    ...ENDINGS.map((type) =>
      served(operations.endingOperation(type), async (call) => {
        const { caller, params, body, request } = call;
        const context = { ...commandContext(call), ifVersions: ifVersions(request.headers) };
        const command = { type, by: caller.role, reason: body.reason };
        const number = numberOf(params.number, parts.now());
        sendOutcome(call, 200, await changeOrder(parts, number, command, context));
      }),
    ),
    bulkRoute(parts),
  ];
}

/** Returns the member whose order is placed: members place their own, and callers that act for members name one. */
function memberOf(caller: Caller, memberId: string | undefined): string {
  if (caller.role !== 'member') {
    if (memberId === undefined) {
      const errors = [{ field: 'memberId', message: 'is required' }];
      throw new Problem('refused-order', 'memberId is required of those who act for members', { errors });
    }
    return memberId;
  }
  if (memberId !== undefined && memberId !== caller.subject) {
    const message = 'must be the caller, or absent';
    throw new Problem('forbidden', `memberId ${message}`, { errors: [{ field: 'memberId', message }] });
  }
  return caller.subject;
}
