import { isOrderNumber } from '@ordershard/order-events';
import type { Caller } from '../commands/caller.ts';
import { type BulkChange, changeOrders } from '../commands/bulk.ts';
import type { CommandParts, Outcome } from '../commands/parts.ts';
import type { ChangeOrder } from '../orders/command.ts';
import { commandContext } from './command-context.ts';
import { served, type Call, type ServedOperation } from './operation.ts';
import { changeOrders as operation } from './operations/order-operations.ts';
import { numberOf } from './order-number.ts';
import { orderJson } from './order-json.ts';
import { problemOf } from './problem-of.ts';
import { sendJson, tokenOf } from './respond.ts';

type Line = Call<typeof operation>['body']['changes'][number];

/** The route of bulk changes. */
export function bulkRoute(parts: CommandParts): ServedOperation {
  return served(operation, async (call) => {
    const { caller, body, reader, response } = call;
    const { idempotencyKey, refusal, traceparent } = commandContext(call);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const now = parts.now();
    const results = Array.from<object>({ length: body.changes.length });
    const places: number[] = [];
    const lines: BulkChange[] = [];
    const settle = (at: number, result: PromiseSettledResult<Outcome>) => {
      results[at] = resultOf(body.changes[at]!, result, idempotencyKey !== undefined);
    };
    for (const [at, line] of body.changes.entries()) {
      try {
        lines.push({
          number: numberOf(line.number, now),
          command: commandOf(line, caller),
          // The same order may be there twice: each line has a key of its own.
          idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey} ${at}`,
          ifVersions: line.ifVersion === undefined ? undefined : [line.ifVersion],
        });
        places.push(at);
      } catch (reason) {
        settle(at, { status: 'rejected', reason });
      }
    }
    const outcomes = await changeOrders(parts, lines, { caller, refusal, traceparent, gone: gone.signal });
    // A caller that may do no more gets the refusal, unless some of the lines were carried out before.
    if (refusal !== undefined && !outcomes.some(({ status }) => status === 'fulfilled')) throw refusal;
    for (const [index, outcome] of outcomes.entries()) settle(places[index]!, outcome);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') reader.sawOnShard(outcome.value.snapshot);
    sendJson(response, 200, { results }, tokenOf(reader));
  });
}

function commandOf(line: Line, { role }: Caller): ChangeOrder {
  return 'reason' in line
    ? { type: line.command, by: role, reason: line.reason }
    : { type: line.command, by: role };
}

function resultOf({ number }: Line, result: PromiseSettledResult<Outcome>, keyed: boolean): object {
  if (result.status === 'fulfilled') return { number, status: 200, order: orderJson(result.value.snapshot) };
  const problem = problemOf(result.reason, keyed);
  const instance = isOrderNumber(number) ? `/v1/orders/${number}` : '/v1/orders';
  return { number, status: problem.status, problem: problem.toBody(instance) };
}
