import type { Fault } from '../fault.ts';
import { CALLER } from '../plan.ts';
import type { Scene } from '../scene.ts';
import { asMover } from './fences.ts';

/** MySQL: a lock was not given in time. */
const LOCK_WAIT_TIMEOUT = 1205;

/** Another session keeps the lock of an order that is to be changed until the server has given up waiting for it. */
export const lockWait: Fault = {
  name: 'lock not given',
  happen: async (scene) => {
    const order = await scene.load.reserve();
    return held(
      scene,
      scene.shardOf(order.number),
      'SELECT version FROM orders WHERE number = CAST(? AS SIGNED) FOR UPDATE',
      [order.number],
      () => scene.load.advanceOnBeat(order),
    );
  },
};

/** Another session is about to take the key that an order is to be placed under, and does not do it in the end. */
export const keyWait: Fault = {
  name: 'lock of a key not given',
  happen: async (scene) => {
    const key = scene.load.nextKey();
    const caller = `${CALLER.role}:${CALLER.subject}`;
    return held(
      scene,
      scene.ownership.ofKey(`${caller} ${key}`)!,
      `INSERT INTO idempotency_keys (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
       VALUES (?, ?, 0, 0, '', 0, '{}', UTC_TIMESTAMP(3) + INTERVAL 1 DAY)`,
      [caller, key],
      () => scene.load.placeOnBeat(key),
    );
  },
};

/** Runs `write` while another session is in a transaction of one statement, until the server has given up a lock. */
async function held(
  scene: Scene,
  shard: number,
  sql: string,
  values: readonly string[],
  write: () => Promise<unknown>,
): Promise<string> {
  const proxy = scene.proxies[shard]!;
  return asMover(scene.servers.urls[shard]!, async (holder) => {
    await holder.query('START TRANSACTION');
    await holder.query({ sql, values: [...values] });
    const before = proxy.refusals(LOCK_WAIT_TIMEOUT);
    const written = write();
    const refusals = () => proxy.refusals(LOCK_WAIT_TIMEOUT) - before;
    await scene.until('the server to give up a lock', () => refusals() > 0);
    await holder.query('ROLLBACK');
    await written;
    return `shard ${shard} answered ${LOCK_WAIT_TIMEOUT} ${refusals()} times`;
  });
}
