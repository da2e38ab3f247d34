import type { ShardMap, TableRegistration } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { MOVE_KINDS, type MoveKind } from '../move/move-plan.ts';
import {
  newestCells,
  ownedKeyBuckets,
  ownedNumberBuckets,
  ownedTextBuckets,
} from '../sql/plan/fence-owners.ts';
import { databaseBytes, rowsByBucket, type TableSize, tableSizes } from '../sql/plan/table-sizes.ts';

/** What a shard holds of a bucket. */
export interface Holding {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly shard: number;
  /** Whether it owns what comes next: the numbers of the newest epoch, or the newest generation of keys. */
  readonly current: boolean;
  /** About so many in all tables. */
  readonly rows: number;
  readonly bytes: number;
  /** Those that were counted and not estimated: what shards are compared by. */
  readonly counted: number;
}

/** What lies on the shards, as the fences and the tables tell. */
export interface Holdings {
  /** Whether a table goes by text keys: without one there is nothing in their buckets to even out. */
  readonly textTables?: boolean;
  readonly map: ShardMap;
  readonly holdings: readonly Holding[];
  /** Bytes of each shard's database. */
  readonly bytes: ReadonlyMap<number, bigint>;
}

/**
 * Reads what each shard of a cluster holds: owners from the fences, rows counted by the index of the buckets, bytes by
 * the server's statistics. Reads an index of each such table whole.
 *
 * @throws ShardUnavailableError when a shard does not answer: nothing can be planned without it
 */
export async function readHoldings(
  cluster: OperatorCluster,
  map: ShardMap,
  shards: readonly number[],
): Promise<Holdings> {
  const read = await Promise.all(shards.map((shard) => readShard(cluster, shard)));
  const newest = { numbers: 0n, keys: 0n, texts: 0n };
  for (const { cells } of read) {
    for (const kind of MOVE_KINDS) {
      const cell = BigInt(kind === 'texts' ? 0 : (cells[kind] ?? 0));
      if (cell > newest[kind]) newest[kind] = cell;
    }
  }
  const holdings = read.flatMap(({ shard, owned, sizes }) =>
    MOVE_KINDS.flatMap((kind) =>
      owned[kind].map(({ bucket, newest: cell }): Holding => ({
        kind,
        bucket,
        shard,
        current: BigInt(cell) === newest[kind],
        ...(sizes[kind].get(bucket) ?? { rows: 0, bytes: 0, counted: 0 }),
      })),
    ),
  );
  const bytes = new Map(read.map(({ shard, total }) => [shard, total]));
  const textTables = cluster.tables.some(({ moves }) => moves?.by === 'text');
  return { textTables, map, holdings, bytes };
}

function readShard(cluster: OperatorCluster, shard: number) {
  return cluster.onShard(shard, async (session) => {
    const moving = cluster.tables.filter(({ moves }) => moves !== undefined);
    const statistics = await tableSizes(
      session,
      moving.map(({ table }) => table),
    );
    const counts = new Map<string, ReadonlyMap<number, number>>();
    for (const { table, moves } of moving) {
      if (typeof (moves as { found?: unknown }).found === 'object') continue;
      const rows = await rowsByBucket(session, table);
      counts.set(table, new Map(rows.map(({ bucket, rows: count }) => [bucket, count])));
    }
    const sizes = (by: 'number' | 'key' | 'text') =>
      sizesOf(
        moving.filter(({ moves }) => moves!.by === by),
        statistics,
        counts,
      );
    return {
      shard,
      cells: await newestCells(session),
      owned: {
        numbers: await ownedNumberBuckets(session),
        keys: await ownedKeyBuckets(session),
        texts: await ownedTextBuckets(session),
      },
      sizes: { numbers: sizes('number'), keys: sizes('key'), texts: sizes('text') },
      total: await databaseBytes(session),
    };
  });
}

/** Rows and bytes of each bucket: what was counted, and for tables that go with another as many as its rows have by the statistics. */
export function sizesOf(
  tables: readonly TableRegistration[],
  statistics: readonly TableSize[],
  counts: ReadonlyMap<string, ReadonlyMap<number, number>>,
): ReadonlyMap<number, Pick<Holding, 'rows' | 'bytes' | 'counted'>> {
  const sizeOf = new Map(statistics.map((size) => [size.table, size]));
  const sizes = new Map<number, Pick<Holding, 'rows' | 'bytes' | 'counted'>>();
  for (const { table, moves } of tables) {
    const found = moves!.by === 'number' ? moves!.found : undefined;
    const root = typeof found === 'object' ? found.with : table;
    const rootRows = sizeOf.get(root)?.rows ?? 0;
    const { rows = 0, bytes = 0 } = sizeOf.get(table) ?? {};
    const factor = root === table ? 1 : rootRows === 0 ? 0 : rows / rootRows;
    const bytesPerRow = rows === 0 ? 0 : bytes / rows;
    for (const [bucket, count] of counts.get(root) ?? []) {
      const before = sizes.get(bucket) ?? { rows: 0, bytes: 0, counted: 0 };
      sizes.set(bucket, {
        rows: before.rows + Math.round(count * factor),
        bytes: before.bytes + Math.round(count * factor * bytesPerRow),
        counted: before.counted + (root === table ? count : 0),
      });
    }
  }
  return sizes;
}
