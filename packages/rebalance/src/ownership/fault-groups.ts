import type { MoveKind } from '../move/move-plan.ts';
import { rangesText } from './claim-text.ts';
import type { OwnershipFault } from './prove-owners.ts';

/** Buckets of one kind that have the same fault. */
export interface FaultGroup {
  readonly kind: MoveKind;
  /** The shards that own them, lowest id first; none when nobody does. */
  readonly shards: readonly number[];
  readonly buckets: readonly number[];
  /** Of numbers: the first that is meant, and the first after the last. Of keys: generations. Decimal text. */
  readonly from: string;
  readonly to: string;
  /** How many rows of these buckets each shard has: the shards that own them, or all shards when none owns them. */
  readonly rows: readonly { readonly shard: number; readonly rows: number }[];
}

/** Groups faults that are alike. Leaves the row counts empty. */
export function groupFaults(faults: readonly OwnershipFault[]): readonly FaultGroup[] {
  const groups = Map.groupBy(faults, ({ kind, shards }) => `${kind} ${shards.join(' ')}`);
  return [...groups.values()].map((alike) => {
    const { kind, shards } = alike[0]!;
    const froms = alike.map(({ from }) => from);
    const tos = alike.map(({ to }) => to);
    return {
      kind,
      shards,
      buckets: [...new Set(alike.map(({ bucket }) => bucket))].toSorted((a, b) => a - b),
      from: String(froms.reduce((a, b) => (a < b ? a : b))),
      to: String(tos.reduce((a, b) => (a > b ? a : b))),
      rows: [],
    };
  });
}

/** Faults as people read them: `buckets 3,7-9 of numbers are owned by shards 0 and 2 (rows: 311 and 290)`. */
export function faultsText(groups: readonly FaultGroup[]): string {
  return groups
    .map(({ kind, shards, buckets, rows }) => {
      const [what, are] = buckets.length === 1 ? ['bucket', 'is'] : ['buckets', 'are'];
      const owners = shards.length === 0 ? 'by no shard' : `by shards ${shards.join(' and ')}`;
      const lie = rows.map((each) => `${each.rows.toLocaleString('en-US')} on shard ${each.shard}`);
      const there = lie.length === 0 ? '' : ` (rows: ${lie.join(', ')})`;
      return `${what} ${rangesText(buckets)} of ${kind} ${are} owned ${owners}${there}`;
    })
    .join('; ');
}
