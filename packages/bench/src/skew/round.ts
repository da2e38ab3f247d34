import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@ordershard/process';
import { KafkaSource, openMongo, orderViews, writeViews } from '@ordershard/read-model';
import { Admin } from '@platformatic/kafka';
import { type ContenderName, CONTENDERS } from './contenders.ts';
import { FLOOD, sendLoad } from './load.ts';
import { slowHandler } from './slow-handler.ts';

const PARTITIONS = 6;

/** Events of the first seconds do not count: connections open, code gets warm. */
const WARM_UP_S = 2;

/** How long the last views may take. */
const PATIENCE_MS = 60_000;

export interface RoundOptions {
  readonly brokers: readonly string[];
  readonly mongoUrl: string;
  readonly contender: ContenderName;
  readonly flood: boolean;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Returns how long each event of the other orders took from its sending until its view, or a newer one, was stored.
 * Milliseconds.
 */
export async function round(options: RoundOptions): Promise<readonly number[]> {
  const { brokers, mongoUrl, contender, flood, perSecond, seconds } = options;
  const topic = `skew-${randomBytes(4).toString('hex')}`;
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...brokers] });
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const mongo = openMongo(mongoUrl, 'bench');
  const views = orderViews(mongo.db(), topic);
  const waiting = new Map<bigint, { version: number; at: number }[]>();
  const latencies: number[] = [];
  const begun = performance.now();
  const handler = slowHandler(
    (newer) => writeViews(views, newer),
    FLOOD,
    ({ _id, version }) => {
      const now = performance.now();
      const events = waiting.get(_id) ?? [];
      while (events[0] !== undefined && events[0].version <= version) {
        const { at } = events.shift()!;
        if (at - begun > WARM_UP_S * 1_000) latencies.push(now - at);
      }
      if (events.length === 0) waiting.delete(_id);
    },
  );
  const stopping = new AbortController();
  const bounds = { messages: 20_000, bytes: 48 * 1_048_576 };
  const source = new KafkaSource(
    { brokers, clientId: 'bench', topic, group: topic, instanceId: undefined, bounds },
    createLogger('projector', 'silent'),
  );
  const consuming = CONTENDERS[contender](source, handler, stopping.signal);
  consuming.catch(() => undefined);
  while (source.partitions.length < PARTITIONS) await sleep(20);
  await sendLoad({
    brokers,
    topic,
    perSecond,
    seconds: seconds + WARM_UP_S,
    flood,
    sent: ({ number, version, at }) => {
      if (number === FLOOD) return;
      const events = waiting.get(number);
      if (events === undefined) waiting.set(number, [{ version, at }]);
      else events.push({ version, at });
    },
  });
  for (const end = performance.now() + PATIENCE_MS; waiting.size > 0 && performance.now() < end;)
    await sleep(20);
  if (waiting.size > 0) throw new Error(`${contender} has not stored the views of ${waiting.size} orders`);
  stopping.abort();
  await consuming;
  await views.drop();
  await mongo.close();
  return latencies;
}
