import { randomBytes } from 'node:crypto';
import { ORDERS_TOPIC } from '@ordershard/outbox';
import { cpuMsOf } from '../measure/cpu.ts';
import { PARTITIONS, type RelayContender } from './contender.ts';
import type { Place, RelayScene } from './scene.ts';
import { calm } from './calm.ts';
import { TopicEnd } from './topic-end.ts';

/** What draining a backlog came to. */
export interface Drained {
  readonly eventsPerSecond: number;
  /** From the call that starts the relay until all is published. */
  readonly seconds: number;
  /** CPU time of the relay itself, microseconds an event, its start included. */
  readonly ownCpuUs: number;
}

/** Lets a contender publish all that the tables hold, to a topic of its own. */
export async function drain(
  scene: RelayScene,
  contender: RelayContender,
  places: readonly Place[],
  rows: number,
): Promise<Drained> {
  await scene.reset();
  await calm(scene.serverPids);
  const prefix = `${contender.name.replaceAll(' ', '-')}-${randomBytes(4).toString('hex')}.`;
  const end = new TopicEnd(scene.brokers, `${prefix}${ORDERS_TOPIC.topic}`, PARTITIONS);
  // Looked at from before it begins: some publish before they say that they have started.
  const rate = end.rate(rows);
  rate.catch(() => undefined); // Thrown where it is waited for.
  const begun = performance.now();
  const relay = await contender.start({ scene, prefix, places });
  try {
    const eventsPerSecond = await rate;
    const seconds = (performance.now() - begun) / 1_000;
    const ownCpuUs = (relay.pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0) * 1_000) / rows;
    return { eventsPerSecond, seconds, ownCpuUs };
  } finally {
    await relay.stop();
    await end.close();
  }
}
