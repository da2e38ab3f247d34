import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { OUTBOX_TABLES } from '../check/check.ts';
import { bucketOf } from '../../murmur.ts';
import type { Fault } from '../fault.ts';
import type { OpenOrder } from '../load.ts';
import type { Scene } from '../scene.ts';
import { asMover, FENCED_OFF, setFence } from './fences.ts';

/** The tables whose rows move with a bucket, and what each row gets anew. */
const TABLES = ['orders', 'order_items', 'applied_units', ...OUTBOX_TABLES];
const OWN_IDS: ReadonlySet<string> = new Set(OUTBOX_TABLES);

/** A bucket moves to another shard and back, its rows with it, while an order of it is changed. */
export const move: Fault = {
  name: 'bucket moved and back',
  happen: async (scene) => {
    const order = await scene.load.reserve(({ steps }) => steps < 3);
    const home = scene.shardOf(order.number);
    const away = (home + 1) % scene.servers.urls.length;
    const there = await handOver(scene, order, home, away);
    const back = await handOver(scene, order, away, home);
    return there > 0 && back > 0
      ? `a bucket of shard ${home} was on shard ${away}; ${there} and ${back} transactions were refused`
      : undefined;
  },
};

/** Hands a bucket over by its fences. It never has two owners. Returns how often the old owner refused. */
async function handOver(scene: Scene, order: OpenOrder, from: number, to: number): Promise<number> {
  const { urls } = scene.servers;
  const bucket = bucketOf(order.number, scene.ownership.buckets);
  const proxy = scene.proxies[from]!;
  const before = proxy.refusals(FENCED_OFF);
  await asMover(urls[from]!, (source) =>
    asMover(urls[to]!, async (target) => {
      await setFence(source, bucket, 'frozen');
      const changing = scene.load.advanceAtFence(order);
      await scene.until('the frozen bucket to refuse a unit', () => proxy.refusals(FENCED_OFF) > before);
      for (const table of TABLES) await carry(source, target, table, bucket);
      await setFence(target, bucket, 'owned');
      await setFence(source, bucket, 'moved', to);
      await changing;
    }),
  );
  return proxy.refusals(FENCED_OFF) - before;
}

/** Takes the rows of a bucket from one shard to another. */
async function carry(source: Connection, target: Connection, table: string, bucket: number): Promise<void> {
  const [rows, fields] = await source.query<RowDataPacket[]>(`SELECT * FROM ${table} WHERE bucket = ?`, [
    bucket,
  ]);
  const columns = fields.map(({ name }) => name).filter((name) => !(OWN_IDS.has(table) && name === 'id'));
  for (const row of rows) {
    const values = columns.map((column) => row[column] as unknown);
    await target.query<ResultSetHeader>(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      values,
    );
  }
  await source.query(`DELETE FROM ${table} WHERE bucket = ?`, [bucket]);
}
