import { fileURLToPath } from 'node:url';
import {
  loadMap,
  ROUTER_TABLES,
  type ShardRouter,
  type ShardSession,
  type TableRegistration,
  withShardSessions,
} from '@ordershard/shard-router';
import { startTestShards, type TestShards } from '@ordershard/shard-router/testing';
import { openCluster, type OperatorCluster } from '../cluster.ts';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import { ShardBusyError } from '../lease/errors.ts';
import { TABLE } from '../sql/move/fences.ts';
import type { MoveOptions } from './move-options.ts';
import { type BucketMove, type MovePlan, type MoveStep, planFor } from './move-plan.ts';

/** Its migrations. */
export const RIDE_MIGRATIONS = fileURLToPath(new URL('../../test-migrations', import.meta.url));

/** The registry of another application than the order store. */
export const RIDE_TABLES: readonly TableRegistration[] = [
  ...ROUTER_TABLES,
  { table: 'rides', partitionedBy: 'number', moves: { by: 'number' } },
  { table: 'ride_stops', partitionedBy: 'number', moves: { by: 'number', found: { with: 'rides' } } },
  { table: 'promises', partitionedBy: 'nothing', moves: { by: 'key' } },
  { table: 'tickets', partitionedBy: 'nothing', moves: { by: 'text', column: 'ticket', endsAlone: true } },
];

/** What a run in a test is made with unless it says otherwise. */
export const OPTIONS: MoveOptions = { by: 'test', throttle: 'off', leaseMs: 3_000 };

/** Runs `fn` while some writers change rides of a list, and take new ones in their bucket. */
export async function whileWritten<T>(
  rides: RideCluster,
  bucket: number,
  known: readonly bigint[],
  fn: () => Promise<T>,
): Promise<T> {
  const writing = { on: true };
  const writers = [0, 1, 2].map(async (writer) => {
    for (let i = writer; writing.on; i += 3) {
      await rides.changeStop(known[i % known.length]!);
      if (i % 5 === 0) await rides.takeRides(bucket, 1);
    }
  });
  try {
    return await fn();
  } finally {
    writing.on = false;
    await Promise.all(writers);
  }
}

/** Two shards of an application that takes rides, and what a test does with them. */
export class RideCluster {
  readonly shards: TestShards;
  readonly cluster: OperatorCluster;
  readonly router: ShardRouter;
  /** Version of each ride that was acknowledged. */
  readonly acknowledged = new Map<bigint, number>();

  private constructor(shards: TestShards, cluster: OperatorCluster, router: ShardRouter) {
    this.shards = shards;
    this.cluster = cluster;
    this.router = router;
  }

  static async start(bucketCount = 8, count = 2): Promise<RideCluster> {
    const urls = process.env['ORDERSHARD_MYSQL_URLS']!.split(',').slice(0, 2);
    const shards = await startTestShards({
      urls: Array.from({ length: count }, (_, shard) => urls[shard % urls.length]!),
      directories: [RIDE_MIGRATIONS],
      bucketCount,
      prepare: (configs) =>
        withShardSessions(configs, (session) => makePartitionsAhead(session, RIDE_TABLES)),
    });
    const { clusterId } = shards;
    const cluster = openCluster({ clusterId, shards: shards.shards, application: { TABLES: RIDE_TABLES } });
    return new RideCluster(shards, cluster, await shards.router());
  }

  async end(): Promise<void> {
    await this.cluster.close();
    await this.shards.end();
  }

  /** The shard that a bucket lives on, by its fences. */
  async ownersOf(kind: BucketMove['kind'], bucket: number): Promise<readonly number[]> {
    const { name: table } = TABLE[kind];
    const owners: number[] = [];
    for (const shard of this.cluster.shards) {
      const [row] = await this.on(shard, (session) =>
        session.query<{ state: string }>(`SELECT state FROM ${table} WHERE bucket = ?`, [bucket]),
      );
      if (['owned', 'capturing'].includes(row!.state)) owners.push(shard);
    }
    return owners;
  }

  on<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return this.cluster.onShard(shard, fn);
  }

  /** A plan for the newest map. */
  async plan(...moves: BucketMove[]): Promise<MovePlan> {
    const map = await loadMap(this.cluster.shards, this.cluster.clusterId, this.cluster.onShard);
    return planFor(map, moves);
  }

  /** A number of a bucket. */
  numberIn(bucket: number): bigint {
    for (;;) {
      const number = this.router.drawNumber();
      if (this.router.bucketOf(number) === bucket) return number;
    }
  }

  /** Takes rides of a bucket, each with a few stops. Gives their numbers. */
  async takeRides(bucket: number, count: number): Promise<bigint[]> {
    return Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const number = this.numberIn(bucket);
        await this.router.transaction({ number, fresh: true }, async (tx) => {
          await tx.execute(
            `INSERT INTO rides (number, bucket, rider, fare, distance, photo, extra, taken_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
            [
              number,
              tx.bucket,
              `rider '${index}' \\ \n ? :x 떡볶이`,
              index % 3 === 0 ? null : '12.50',
              index / 7,
              index % 2 === 0 ? Buffer.from([0, 39, 92, index % 256]) : null,
              index % 4 === 0 ? null : JSON.stringify({ text: `"${index}\\`, n: 1.5 }),
            ],
          );
          for (const place of [0, 1])
            await tx.execute('INSERT INTO ride_stops (number, place, bucket, name) VALUES (?, ?, ?, ?)', [
              number,
              place,
              tx.bucket,
              '0',
            ]);
        });
        this.acknowledged.set(number, 0);
        return number;
      }),
    );
  }

  /** Changes a stop of a ride, and not the ride itself. */
  async changeStop(number: bigint): Promise<void> {
    const version = this.acknowledged.get(number)! + 1;
    await this.router.transaction({ number }, (tx) =>
      tx.execute('UPDATE ride_stops SET name = ? WHERE number = ? AND place = 1', [String(version), number]),
    );
    this.acknowledged.set(number, version);
  }

  async promise(key: string, body: string): Promise<void> {
    await this.router.transaction({ key }, (tx) =>
      tx.execute(
        'INSERT INTO promises (promise, bucket, key_generation, body) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE body = VALUES(body)',
        [key, tx.bucket, tx.keyGeneration, body],
      ),
    );
  }

  /** Every acknowledged ride that its owner does not have as it was acknowledged. */
  async lost(): Promise<readonly bigint[]> {
    const lost: bigint[] = [];
    for (const [number, version] of this.acknowledged) {
      const rows = await this.router.readRows<{ rides: string; name: string | null }>(number, {
        sql: `SELECT (SELECT COUNT(*) FROM rides WHERE number = ?) AS rides,
                     (SELECT name FROM ride_stops WHERE number = ? AND place = 1) AS name`,
        values: [number, number],
      });
      if (Number(rows[0]!.rides) !== 1 || rows[0]!.name !== String(version)) lost.push(number);
    }
    return lost;
  }

  /** Rows of a bucket on a shard, whoever owns it. */
  async rowsOn(shard: number, bucket: number): Promise<number> {
    const [row] = await this.on(shard, (session) =>
      session.query<{ n: string }>(
        `SELECT (SELECT COUNT(*) FROM rides WHERE bucket = ?) + (SELECT COUNT(*) FROM ride_stops WHERE bucket = ?) AS n`,
        [bucket, bucket],
      ),
    );
    return Number(row!.n);
  }
}

/** Makes a run once the lease of the one before it has run out. */
export async function afterLease<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ShardBusyError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Options of a run that dies after a step. */
export function dyingAfter(step: MoveStep): MoveOptions {
  return {
    ...OPTIONS,
    leaseMs: 300,
    afterStep: (at) => {
      if (at.step === step) throw new Error(`killed after ${step}`);
    },
  };
}
