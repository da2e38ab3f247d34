import { eventInsert, ORDERS_TOPIC } from '@ordershard/outbox';
import { guard, NumberNotWritableError, UnitConditionError } from '@ordershard/shard-router';
import type { ChangeOrder } from '../orders/command.ts';
import { asOf } from '../orders/as-of.ts';
import { decide } from '../orders/decide.ts';
import { OrderArchivedError, OrderNotFoundError, VersionMismatchError } from '../orders/errors.ts';
import { evolve } from '../orders/evolve.ts';
import type { Order } from '../orders/order.ts';
import { assertAllowed } from '../orders/rules.ts';
import { toEvent, toSnapshot } from '../orders/snapshot.ts';
import { appliedUnit } from '../repository/applied-units.ts';
import { VersionConflictError } from '../repository/errors.ts';
import { readOrder } from '../repository/orders.ts';
import { selectAppliedUnit } from '../repository/sql/select-applied-unit.ts';
import { updateOrder } from '../repository/sql/update-order.ts';
import { maySee } from './caller.ts';
import { unitOf } from './idempotency.ts';
import type { CommandContext, ChangeParts, Outcome } from './parts.ts';

/** How many times at most a command is decided, when others change the order in between. */
const MAX_TRIES = 10;

/**
 * Carries out a command on an order. One transaction stores the new state, the event and, if there is an idempotency key, the
 * unit of work. A repeated call with the same key returns the answer to the first call, even when the order has changed
 * since.
 *
 * @throws OrderError when the command is refused; OrderNotFoundError also for an order of someone else, OrderArchivedError
 *   for one past its retention
 * @throws VersionMismatchError when the order is at none of `ifVersions`
 * @throws KeyReusedError when the key was used for another command on the order
 * @throws the context's refusal when the command was not carried out before
 * @throws VersionConflictError when others keep changing the order
 * @throws the router's errors; UnknownOutcomeError when the command may or may not have been carried out
 */
export async function changeOrder(
  { router, source, now, archive }: ChangeParts,
  number: bigint,
  command: ChangeOrder,
  { caller, idempotencyKey, ifVersions, share, refusal, traceparent }: CommandContext,
): Promise<Outcome> {
  assertAllowed(command.type, caller.role);
  const unit =
    idempotencyKey === undefined ? undefined : unitOf(caller, number, idempotencyKey, fingerprint(command));
  if (refusal !== undefined && unit === undefined) throw refusal;
  for (let tries = 1; ; tries += 1) {
    const stored = await readOrder(router, number, unit);
    if (stored === undefined) throw await notOnShard(archive, number, caller);
    if (!maySee(caller, stored.order)) throw new OrderNotFoundError(number);
    const { order, tables, appliedVersion: done } = stored;
    if (done !== undefined) return { snapshot: toSnapshot(asOf(order, done)), replayed: true };
    if (refusal !== undefined) throw refusal;
    if (ifVersions?.includes(order.version) === false) throw new VersionMismatchError(number, order.version);
    const changes = decide(command, order, now());
    if (changes.length === 0) return { snapshot: toSnapshot(order), replayed: true };
    const next = changes.reduce<Order>(evolve, order);
    const snapshot = toSnapshot(next);
    const event = toEvent(snapshot, { source, traceparent });
    try {
      const outcome = await router.write(
        { number },
        ({ bucket }) => ({
          statements: [
            guard(updateOrder(next, order.version, tables)),
            eventInsert(ORDERS_TOPIC, event, bucket),
            ...(unit === undefined ? [] : [appliedUnit(number, bucket, unit, next.version, tables)]),
          ],
          already: unit === undefined ? undefined : selectAppliedUnit(number, unit.id),
        }),
        { caller: share },
      );
      if (outcome.applied) return { snapshot, replayed: false };
      // Another call applied the unit, or this call did and lost the shard's answer: the next round reads the order again.
    } catch (error) {
      // The order's day is closed for writes, but the order can still be read.
      if (error instanceof NumberNotWritableError) throw new OrderArchivedError(number, { cause: error });
      if (!(error instanceof UnitConditionError)) throw error;
      // Someone else changed the order in between, or it has outlived its day and lies in other tables: the next round
      // decides on its present state.
    }
    if (tries === MAX_TRIES) throw new VersionConflictError(number, order.version);
  }
}

/**
 * Returns the error for an order that no shard has: OrderArchivedError when it is archived and the caller may see it, else
 * OrderNotFoundError.
 */
async function notOnShard(
  archive: ChangeParts['archive'],
  number: bigint,
  caller: CommandContext['caller'],
): Promise<OrderArchivedError | OrderNotFoundError> {
  const archived = await archive?.find(number);
  return archived !== undefined && maySee(caller, archived.snapshot)
    ? new OrderArchivedError(number)
    : new OrderNotFoundError(number);
}

function fingerprint(command: ChangeOrder): string {
  return JSON.stringify([command.type, 'reason' in command ? command.reason : null]);
}
