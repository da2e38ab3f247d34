import { appendEvent, ORDERS_TOPIC } from '@ordershard/outbox';
import { NumberNotWritableError } from '@ordershard/shard-router';
import type { ChangeOrder } from '../orders/command.ts';
import { asOf } from '../orders/as-of.ts';
import { decide } from '../orders/decide.ts';
import { OrderNotFoundError } from '../orders/errors.ts';
import { evolve } from '../orders/evolve.ts';
import type { Order } from '../orders/order.ts';
import { assertAllowed } from '../orders/rules.ts';
import { toEvent, toSnapshot } from '../orders/snapshot.ts';
import { findUnit, recordUnit } from '../repository/applied-units.ts';
import { lockOrder, storeChange } from '../repository/orders.ts';
import { maySee } from './caller.ts';
import { unitOf } from './idempotency.ts';
import type { CommandContext, CommandParts, Outcome } from './parts.ts';

/**
 * Carries out a command on an order: state, event, and the unit of work if there is an idempotency key, in one
 * transaction. A repeated call under the same key gives the first one's answer, whatever has happened to the order since.
 *
 * @throws OrderError when the command is refused; OrderNotFoundError also for an order of someone else
 * @throws KeyReusedError when the key was used for another command on the order
 * @throws the router's errors; UnknownOutcomeError when the command may or may not have been carried out
 */
export async function changeOrder(
  { router, source, now }: CommandParts,
  number: bigint,
  command: ChangeOrder,
  { caller, idempotencyKey, traceparent }: CommandContext,
): Promise<Outcome> {
  assertAllowed(command.type, caller.role);
  const unit =
    idempotencyKey === undefined ? undefined : unitOf(caller, number, idempotencyKey, fingerprint(command));
  try {
    return await router.transaction({ number }, async (tx): Promise<Outcome> => {
      const order = await lockOrder(tx);
      if (order === undefined || !maySee(caller, order)) throw new OrderNotFoundError(number);
      const done = unit === undefined ? undefined : await findUnit(tx, unit);
      if (done !== undefined) return { snapshot: toSnapshot(asOf(order, done)), replayed: true };
      const next = decide(command, order, now()).reduce<Order>(evolve, order);
      const snapshot = toSnapshot(next);
      await storeChange(tx, order, next);
      await appendEvent(tx, ORDERS_TOPIC, toEvent(snapshot, { source, traceparent }));
      if (unit !== undefined) await recordUnit(tx, unit, next.version);
      return { snapshot, replayed: false };
    });
  } catch (error) {
    // No order lives below the lower end any more, nor anywhere else that cannot be written.
    if (error instanceof NumberNotWritableError) throw new OrderNotFoundError(number, { cause: error });
    throw error;
  }
}

function fingerprint(command: ChangeOrder): string {
  return JSON.stringify([command.type, 'reason' in command ? command.reason : null]);
}
