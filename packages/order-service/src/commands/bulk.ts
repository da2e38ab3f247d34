import type { ChangeOrder } from '../orders/command.ts';
import { changeOrder } from './change-order.ts';
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

/** Who gives a bulk command; keys are those of its lines. */
export type BulkContext = Omit<CommandContext, 'idempotencyKey' | 'ifVersions' | 'share'>;

/** What became of each line, in their order. One that fails takes no other with it. */
export type BulkResult = readonly PromiseSettledResult<Outcome>[];

/** Lines that are under way at once: enough to fill the merged transactions of several shards. */
const AT_ONCE = 512;

/** Places many orders, each by itself. They take turns with what others place meanwhile. */
export function placeOrders(
  parts: CommandParts,
  lines: readonly BulkPlacement[],
  context: BulkContext,
): Promise<BulkResult> {
  const share = Symbol('bulk placement');
  return settleAll(lines, ({ request, idempotencyKey }) =>
    placeOrder(parts, request, { ...context, idempotencyKey, share }),
  );
}

/** Carries out commands on many orders, each by itself. They take turns with what others do meanwhile. */
export function changeOrders(
  parts: CommandParts,
  lines: readonly BulkChange[],
  context: BulkContext,
): Promise<BulkResult> {
  const share = Symbol('bulk change');
  return settleAll(lines, ({ number, command, idempotencyKey, ifVersions }) =>
    changeOrder(parts, number, command, { ...context, idempotencyKey, ifVersions, share }),
  );
}

async function settleAll<Line>(
  lines: readonly Line[],
  carryOut: (line: Line) => Promise<Outcome>,
): Promise<BulkResult> {
  const results: PromiseSettledResult<Outcome>[] = Array.from({ length: lines.length });
  let next = 0;
  const worker = async () => {
    while (next < lines.length) {
      const at = next;
      next += 1;
      const [result] = await Promise.allSettled([carryOut(lines[at]!)]);
      results[at] = result;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, lines.length) }, worker));
  return results;
}
