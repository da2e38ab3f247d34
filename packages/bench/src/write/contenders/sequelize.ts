import { QueryTypes, Sequelize } from 'sequelize';
import type { WriteCluster } from '../cluster.ts';
import { connectionOptions, SESSION_SETUP } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { FENCE_SQL, type FenceRow, fenceValues, passFence } from '../fence.ts';
import type { BenchOrder } from '../orders.ts';
import { itemRows, keyRow, orderRow, outboxRow } from '../rows.ts';

/**
 * Best of 16, 32 and 64 to a shard, by the mean over 64 and 256 callers in two runs: 16 was 1 % slower, 32 was 5 %.
 */
const CONNECTIONS = 64;

/**
 * Sequelize's query interface, which does without the instances and validations of its models: `Model.create`, with
 * prepared statements and without validation and hooks, was 20 to 30 % slower.
 */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const shards = cluster.shards.map(({ writer }) => openSequelize(writer, connections));
  return {
    name: 'Sequelize',
    kind: 'builder',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: async () => {
      await Promise.all(shards.map((sequelize) => sequelize.close()));
    },
  };
}

async function place(sequelize: Sequelize, order: BenchOrder, fenced: boolean): Promise<void> {
  const tables = sequelize.getQueryInterface();
  await sequelize.transaction(async (transaction) => {
    if (fenced) {
      const rows = await sequelize.query<FenceRow>(FENCE_SQL, {
        replacements: fenceValues(order),
        type: QueryTypes.SELECT,
        transaction,
      });
      const row = keyRow(order, passFence(order, rows));
      await tables.bulkInsert('idempotency_keys', [row], { transaction });
    }
    await tables.bulkInsert('orders', [orderRow(order)], { transaction });
    await tables.bulkInsert('order_items', itemRows(order), { transaction });
    await tables.bulkInsert(order.outboxTable, [outboxRow(order)], { transaction });
  });
}

function openSequelize(url: string, connections: number): Sequelize {
  const { host, port, user, password, database, ...dialectOptions } = connectionOptions(url);
  const sequelize = new Sequelize(database, user, password, {
    dialect: 'mysql',
    host,
    port,
    dialectOptions,
    logging: false,
    // All stay open: none has to be made anew within what is timed.
    pool: { min: connections, max: connections, idle: 600_000, acquire: 60_000 },
  });
  sequelize.addHook('afterConnect', async (connection: unknown) => {
    const driver = connection as { promise(): { query(sql: string): Promise<unknown> } };
    for (const sql of SESSION_SETUP) await driver.promise().query(sql);
  });
  return sequelize;
}
