import knex, { type Knex } from 'knex';
import type { WriteCluster } from '../cluster.ts';
import { connectionOptions, SESSION_SETUP } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { FENCE_SQL, type FenceRow, fenceValues, passFence } from '../fence.ts';
import type { BenchOrder } from '../orders.ts';
import { itemRows, keyRow, orderRow, outboxRow } from '../rows.ts';

/**
 * Best of 16, 32 and 64 to a shard: at 256 callers 32 and 64 were 9 to 29 % slower, at 64 callers as fast. knex's own
 * pool: one of the driver's, handed in, was 1 to 5 % slower.
 */
const CONNECTIONS = 16;

type FenceResult = [rows: FenceRow[], fields: unknown];

/** knex on its client for mysql2. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const shards = cluster.shards.map(({ writer }) => openKnex(writer, connections));
  return {
    name: 'knex',
    kind: 'builder',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: async () => {
      await Promise.all(shards.map((db) => db.destroy()));
    },
  };
}

async function place(db: Knex, order: BenchOrder, fenced: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    if (fenced) {
      // As a raw query: knex has no FORCE INDEX.
      const [rows] = await tx.raw<FenceResult>(FENCE_SQL, fenceValues(order) as Knex.RawBinding[]);
      await tx('idempotency_keys').insert(keyRow(order, passFence(order, rows)));
    }
    await tx('orders').insert(orderRow(order));
    await tx('order_items').insert(itemRows(order));
    await tx(order.outboxTable).insert(outboxRow(order));
  });
}

function openKnex(url: string, connections: number): Knex {
  return knex({
    client: 'mysql2',
    connection: connectionOptions(url),
    pool: {
      // All stay open: none has to be made anew within what is timed.
      min: connections,
      max: connections,
      afterCreate: (
        connection: { query(sql: string, done: (error: Error | null) => void): void },
        done: (error: Error | null, connection: unknown) => void,
      ) => {
        connection.query(SESSION_SETUP[0], (error) => {
          if (error !== null) done(error, connection);
          else connection.query(SESSION_SETUP[1], (failure) => done(failure, connection));
        });
      },
    },
  });
}
