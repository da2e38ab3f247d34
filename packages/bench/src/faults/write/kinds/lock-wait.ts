import { connectPlain } from '../check/connect.ts';
import type { Fault } from '../fault.ts';

/** MySQL: a lock was not given in time. */
const LOCK_WAIT_TIMEOUT = 1205;

/** Another session keeps the lock of an order that is to be changed until the server has given up waiting for it. */
export const lockWait: Fault = {
  name: 'lock not given',
  happen: async (scene) => {
    const { load, proxies, servers } = scene;
    const order = await load.reserve();
    const shard = scene.shardOf(order.number);
    const holder = await connectPlain(servers.urls[shard]!);
    try {
      await holder.query('START TRANSACTION');
      await holder.query('SELECT version FROM orders WHERE number = CAST(? AS SIGNED) FOR UPDATE', [
        order.number,
      ]);
      const before = proxies[shard]!.refusals(LOCK_WAIT_TIMEOUT);
      const changed = load.advanceOnBeat(order);
      const refusals = () => proxies[shard]!.refusals(LOCK_WAIT_TIMEOUT) - before;
      await scene.until('the server to give up a lock', () => refusals() > 0);
      await holder.query('ROLLBACK');
      await changed;
      return `shard ${shard} answered ${LOCK_WAIT_TIMEOUT} ${refusals()} times`;
    } finally {
      holder.destroy();
    }
  },
};
