import { setTimeout as sleep } from 'node:timers/promises';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { LIFE, sampleEvent } from '../project/sample-order.ts';

/** The order that floods, and the first of the others. */
export const FLOOD = 8_000_000_000_000_000n;
const OTHERS = FLOOD + 1n;

/** How many other orders there are. */
const KEYS = 2_000;

const TICK_MS = 20;

/** An event that was sent: when, by this process' clock in milliseconds. */
export interface Sent {
  readonly number: bigint;
  readonly version: number;
  readonly at: number;
}

export interface LoadOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Events a second of the other orders. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Whether one order more has as many events as all others together. */
  readonly flood: boolean;
  readonly sent: (event: Sent) => void;
}

/** Sends events at an even pace. Each event of an order has the next version. */
export async function sendLoad(options: LoadOptions): Promise<void> {
  const { brokers, topic, perSecond, seconds, flood, sent } = options;
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [...brokers],
    acks: -1,
    serializers: stringSerializers,
  });
  const begun = performance.now();
  const sending: Promise<unknown>[] = [];
  const total = perSecond * seconds;
  for (let done = 0; done < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1_000) * perSecond));
    const events: [bigint, number][] = [];
    for (; done < due; done += 1) {
      events.push([OTHERS + BigInt(done % KEYS), Math.floor(done / KEYS) + 1]);
      if (flood) events.push([FLOOD, done + 1]);
    }
    if (events.length > 0) {
      const at = performance.now();
      for (const [number, version] of events) sent({ number, version, at });
      const messages = events.map(([number, version]) => {
        const { key, value, headers } = sampleEvent(number, version, Math.min(version, LIFE));
        return { topic, key, value, headers: { ...headers } };
      });
      sending.push(producer.send({ messages }));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(sending);
  await producer.close();
}
