import { setTimeout as sleep } from 'node:timers/promises';
import { bucketOf } from '../../murmur.ts';
import type { Fault } from '../fault.ts';
import { CALLER } from '../plan.ts';
import type { Scene } from '../scene.ts';
import { asMover, FENCED_OFF, setFence, setKeyFence } from './fences.ts';

const SHUT_MS = 50;

/** The fence of an order's bucket is shut for a moment while the order is changed. */
export const freeze: Fault = {
  name: 'bucket frozen',
  happen: async (scene) => {
    const order = await scene.load.reserve();
    const bucket = bucketOf(order.number, scene.ownership.buckets);
    return shut(
      scene,
      scene.shardOf(order.number),
      (session, state) => setFence(session, bucket, state),
      () => scene.load.advanceAtFence(order),
    );
  },
};

/** The fence of a key's bucket is shut for a moment while an order is placed under the key. */
export const freezeKey: Fault = {
  name: 'key bucket frozen',
  happen: async (scene) => {
    const key = scene.load.nextKey();
    const text = `${CALLER.role}:${CALLER.subject} ${key}`;
    const bucket = bucketOf(text, scene.ownership.buckets);
    return shut(
      scene,
      scene.ownership.ofKey(text)!,
      (session, state) => setKeyFence(session, bucket, state),
      () => scene.load.placeOnBeat(key),
    );
  },
};

async function shut(
  scene: Scene,
  shard: number,
  set: (session: Parameters<typeof setFence>[0], state: 'owned' | 'frozen') => Promise<void>,
  write: () => Promise<unknown>,
): Promise<string> {
  const proxy = scene.proxies[shard]!;
  return asMover(scene.servers.urls[shard]!, async (session) => {
    await set(session, 'frozen');
    const before = proxy.refusals(FENCED_OFF);
    const written = write();
    try {
      await sleep(SHUT_MS);
      await scene.until('a fence to refuse a unit', () => proxy.refusals(FENCED_OFF) > before);
    } finally {
      await set(session, 'owned');
    }
    await written;
    return `shard ${shard} refused ${proxy.refusals(FENCED_OFF) - before} transactions`;
  });
}
