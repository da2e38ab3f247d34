import type { ChangeOrder } from '../orders/command.ts';
import { changeOrder } from './change-order.ts';
import { callerText } from './caller.ts';
import { LineTurns } from './line-turns.ts';
import type { CommandContext, CommandParts, Outcome } from './parts.ts';
import { type OrderRequest, placeOrder } from './place-order.ts';

/** One line of a bulk placement. */
export interface BulkPlacement {
  readonly request: OrderRequest;
  readonly idempotencyKey?: string | undefined;
}

/** One line of a bulk change. */
export interface BulkChange {
  readonly number: bigint;
  readonly command: ChangeOrder;
  readonly idempotencyKey?: string | undefined;
  /** The versions that the order may be at; any, if not given. */
  readonly ifVersions?: readonly number[] | undefined;
}

/** Who gives a bulk command. Each line has an idempotency key of its own, and all lines of a caller count for one share. */
export interface BulkContext extends Omit<CommandContext, 'idempotencyKey' | 'ifVersions' | 'share'> {
  /** Aborts when nobody waits for the results any more: lines that have not begun by then do not run. */
  readonly gone?: AbortSignal | undefined;
}

/** The result of each line, in the order of the lines. A line that fails does not affect the others. */
export type BulkResult = readonly PromiseSettledResult<Outcome>[];

/** Used when the process has no `lineTurns`: runs enough lines at once to fill the merged transactions of several shards. */
const BY_ITSELF = { atOnce: () => 512, waiting: Infinity, waitingOfOne: Infinity };

/**
 * Places many orders, each by itself. Their lines take turns with the bulk lines of other callers.
 *
 * @throws BulkBacklogError when too many lines wait already; nothing was placed then
 */
export function placeOrders(
  parts: CommandParts,
  lines: readonly BulkPlacement[],
  context: BulkContext,
): Promise<BulkResult> {
  const share = callerText(context.caller);
  return settleAll(parts, lines, context, ({ request, idempotencyKey }) =>
    placeOrder(parts, request, { ...context, idempotencyKey, share }),
  );
}

/**
 * Carries out commands on many orders, each by itself. Their lines take turns with the bulk lines of other callers.
 *
 * @throws BulkBacklogError when too many lines wait already; nothing was changed then
 */
export function changeOrders(
  parts: CommandParts,
  lines: readonly BulkChange[],
  context: BulkContext,
): Promise<BulkResult> {
  const share = callerText(context.caller);
  return settleAll(parts, lines, context, ({ number, command, idempotencyKey, ifVersions }) =>
    changeOrder(parts, number, command, { ...context, idempotencyKey, ifVersions, share }),
  );
}

async function settleAll<Line>(
  { lineTurns = new LineTurns(BY_ITSELF) }: Pick<CommandParts, 'lineTurns'>,
  lines: readonly Line[],
  { caller, gone }: BulkContext,
  carryOut: (line: Line) => Promise<Outcome>,
): Promise<BulkResult> {
  const results: PromiseSettledResult<Outcome>[] = Array.from({ length: lines.length });
  await lineTurns.run(callerText(caller), lines.length, async (at) => {
    const settled = gone?.aborted === true ? Promise.reject(gone.reason as Error) : carryOut(lines[at]!);
    [results[at]] = await Promise.allSettled([settled]);
  });
  return results;
}
