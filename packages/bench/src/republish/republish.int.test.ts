import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  NothingSelectedError,
  ORDERS_TOPIC,
  outboxTablesOf,
  relaySettings,
  republish,
  REPUBLISHED_HEADER,
} from '@ordershard/outbox';
import { testNamespace } from '@ordershard/stack';
import type { TopicMessage } from '../faults/relay/check/comparison.ts';
import { messagesOf } from '../faults/relay/check/topic.ts';
import { READ_MODEL, ReadModelScene, RELAY, until } from '../rebuild/scene.ts';

let scene: ReadModelScene;

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('republish'));
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
});

afterAll(async () => scene.end());

const messages = async (): Promise<TopicMessage[]> => {
  const topic = `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;
  const all: TopicMessage[] = [];
  for await (const message of messagesOf(scene.env['ORDERSHARD_KAFKA_BROKERS']!, topic)) all.push(message);
  return all;
};

const idOf = ({ headers }: TopicMessage) => headers['ce_id']!;

/** The ids of all events that happened in a range, by the outbox tables. */
async function eventsBetween(from: string, to: string): Promise<string[]> {
  const sql = (text: string) => text.replace('T', ' ').replace('Z', '');
  const ids: string[] = [];
  for (const shard of scene.router.allShards())
    await scene.router.onShard(shard, async (session) => {
      for (const table of outboxTablesOf(ORDERS_TOPIC)) {
        const rows = await session.query<{ event_id: string }>(
          `SELECT event_id FROM ${table} WHERE occurred_at >= ? AND occurred_at < ?`,
          [sql(from), sql(to)],
        );
        ids.push(...rows.map(({ event_id }) => event_id));
      }
    });
  return ids.toSorted();
}

/** Keys of which a message comes after one of a higher version. */
function disordered(list: readonly TopicMessage[]): string[] {
  const last = new Map<string, number>();
  return list.flatMap(({ key, headers }) => {
    const version = Number(headers['ce_sequence']);
    const before = last.get(key) ?? 0;
    last.set(key, version);
    return version <= before ? [key] : [];
  });
}

/** A time between whatever was decided before and whatever will be. */
async function now(): Promise<string> {
  const at = Date.now();
  await until('the clock has moved on', () => Date.now() > at + 1);
  return new Date(at + 1).toISOString();
}

test('a time range is published again during live traffic: exactly it, in order, marked; the views stay as they are', async () => {
  await scene.place(30);
  const from = await now();
  const inside = await scene.place(60);
  await scene.change(inside, 'pay');
  const to = await now();
  await scene.change(inside, 'accept');
  const expected = await eventsBetween(from, to);
  expect(expected).toHaveLength(120);

  const views = scene.views();
  const backwards: string[] = [];
  const versions = new Map<string, number>();
  const stream = views.watch([], { fullDocument: 'updateLookup' });
  stream.on('change', (change) => {
    if (!('fullDocument' in change) || change.fullDocument == null) return;
    const { _id: id, version } = change.fullDocument;
    if (version < (versions.get(String(id)) ?? 0)) backwards.push(String(id));
    versions.set(String(id), version);
  });
  const ofRange = () =>
    views
      .find({ _id: { $in: inside } })
      .sort({ _id: 1 })
      .toArray();
  await until(
    'the views are there',
    async () => (await ofRange()).filter(({ version }) => version === 3).length === 60,
  );
  const before = await ofRange();

  const traffic = scene.traffic();
  await until('others are placed meanwhile', () => traffic.numbers.length > 0);
  const run = await republish(relaySettings(scene.env), {
    selector: { from, to },
    by: 'test',
    reason: 'a test',
    rate: 200,
  });
  expect(await traffic.stop()).toBeGreaterThan(20);
  expect(run.tables.reduce((sum, { sent }) => sum + sent, 0)).toBe(120);

  await until('all is projected', async () => (await scene.readModel(['verify', '--json'])).exitCode === 0);
  const all = await messages();
  const again = all.filter(({ headers }) => headers[REPUBLISHED_HEADER] === run.run);
  const live = all.filter(({ headers }) => headers[REPUBLISHED_HEADER] === undefined);
  expect(again.length + live.length).toBe(all.length);
  expect(again.map(idOf).toSorted()).toEqual(expected);
  expect(disordered(again)).toEqual([]);
  expect(new Set(live.map(idOf)).size).toBe(live.length);
  expect(disordered(live)).toEqual([]);
  const first = new Map(live.map((message) => [idOf(message), message]));
  for (const message of again) {
    const { [REPUBLISHED_HEADER]: _, 'ordershard-republished-at': at, ...headers } = message.headers;
    expect({ ...message, headers }).toEqual(first.get(idOf(message)));
    expect(Date.parse(at!)).not.toBeNaN();
  }
  expect(await ofRange()).toEqual(before);
  await stream.close();
  expect(backwards).toEqual([]);
}, 240_000);

test('orders and events are found too; what is skipped is not sent; nothing meant is an error', async () => {
  const numbers = await scene.place(3);
  await scene.change(numbers, 'pay');
  const [one, two] = numbers.map(String);
  const settings = relaySettings(scene.env);
  const about = { by: 'test', reason: '' };
  const published = async () => new Set((await messages()).map(idOf));
  await until('all are published', async () => {
    const seen = await published();
    return numbers.every((number) => seen.has(`${number}-2`));
  });
  const dry = { ...about, dryRun: true, selector: { orders: [one!], events: [`${one}-2`] } };
  await until('the progress is stored', async () =>
    republish(settings, dry).then(
      ({ tables }) => tables.every(({ unpublished }) => unpublished === 0),
      () => false,
    ),
  );
  expect((await republish(settings, dry)).tables).toMatchObject([
    { events: 1, first: `${one}-2`, last: `${one}-2`, sent: 0 },
  ]);
  const run = await republish(settings, {
    ...about,
    selector: { orders: [one!, two!] },
    toTopic: 'elsewhere',
    transform: (row) => (row.eventId === `${two}-1` ? 'skip' : row),
  }).catch((error: unknown) => error);
  // The topic is not there, and is not made by accident.
  expect(String(run)).toContain('has failed');
  const again = await republish(settings, {
    ...about,
    selector: { orders: [one!, two!] },
    transform: (row) => (row.eventId === `${two}-1` ? 'skip' : row),
  });
  expect(again.tables.reduce((sum, { notSent }) => sum + notSent, 0)).toBe(1);
  const marked = (await messages()).filter(({ headers }) => headers[REPUBLISHED_HEADER] === again.run);
  expect(marked.map(idOf).toSorted()).toEqual([`${one}-1`, `${one}-2`, `${two}-2`].toSorted());
  await expect(republish(settings, { ...about, rate: 0, selector: { orders: [one!] } })).rejects.toThrow(
    'the rate is not above 0',
  );
  await expect(republish(settings, { ...about, selector: { events: [`${one}-9`] } })).rejects.toThrow(
    NothingSelectedError,
  );
});
