import type { OperatorCluster } from '../cluster.ts';
import { countRowsOfBuckets } from '../sql/ownership/row-counts.ts';
import type { FaultGroup } from './fault-groups.ts';

const MAX_BUCKETS = 1_000;

/** Counts the rows of the buckets of each group: on the shards that claim them, or on all that answer when nobody does. */
export function withRows(
  cluster: OperatorCluster,
  present: readonly number[],
  groups: readonly FaultGroup[],
): Promise<readonly FaultGroup[]> {
  return Promise.all(
    groups.map(async (group) => {
      const shards =
        group.shards.length === 0 ? present : group.shards.filter((each) => present.includes(each));
      const rows = await Promise.all(
        shards.map(async (shard) => ({ shard, rows: await countRows(cluster, shard, group) })),
      );
      return { ...group, rows };
    }),
  );
}

const BY = { numbers: 'number', keys: 'key', texts: 'text' } as const;

/**
 * Counts rows in the tables that have a bucket column of their own. Tables whose rows are found with another's are not
 * counted.
 */
function countRows(
  { tables, onShard }: OperatorCluster,
  shard: number,
  { kind, buckets, from, to }: FaultGroup,
): Promise<number> {
  const some = buckets.slice(0, MAX_BUCKETS);
  const numbers = kind === 'numbers' ? { from: BigInt(from), to: BigInt(to) } : undefined;
  return onShard(shard, async (session) => {
    let rows = 0;
    for (const { table, moves } of tables) {
      if (moves?.by !== BY[kind] || typeof (moves as { found?: unknown }).found === 'object') continue;
      rows += await countRowsOfBuckets(session, table, some, numbers);
    }
    return rows;
  });
}
