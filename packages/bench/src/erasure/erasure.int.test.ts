import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { STEPS, TABLES } from '@ordershard/order-service';
import { ORDERS_TOPIC, relaySettings, republish, REPUBLISHED_HEADER } from '@ordershard/outbox';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { archiveSource } from '@ordershard/read-model';
import { openCluster, type OperatorCluster, runRetention } from '@ordershard/rebalance';
import { type ClusterArchive, makeArchive } from '@ordershard/rebalance/archive';
import { shardsFromUrls, withShardSessions } from '@ordershard/shard-router';
import { mintToken, type OwnProcess, testNamespace } from '@ordershard/stack';
import type { TopicMessage } from '../faults/relay/check/comparison.ts';
import { messagesOf } from '../faults/relay/check/topic.ts';
import { API, READ_MODEL, ReadModelScene, RELAY, until } from '../rebuild/scene.ts';
import { collectionsWith, tablesWith } from './look-everywhere.ts';

/** What every personal text of the member has who is erased, and of the one who stays. */
const [SECRET, OTHER] = ['Geheimgasse', 'Offene Strasse'];
const ARCHIVED_SECRET = 'Aktenweg';

let scene: ReadModelScene;
let folder: string;
let api: OwnProcess;
let cluster: OperatorCluster;
let store: ClusterArchive;

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('erasure'));
  folder = await mkdtemp(join(tmpdir(), 'ordershard-test-archive-'));
  cluster = openCluster({
    clusterId: scene.env['ORDERSHARD_CLUSTER']!,
    shards: shards(),
    application: { TABLES },
  });
  store = await makeArchive(folder, cluster, 'test');
  await scene.start(READ_MODEL, ['project']);
  api = await scene.start(API, ['serve'], {
    ORDERSHARD_API_PORT: '0',
    ORDERSHARD_API_DRAIN_MS: '0',
    ORDERSHARD_ARCHIVE_URL: folder,
  });
});

afterAll(async () => {
  await store.close();
  await cluster.close();
  await scene.end();
  await rm(folder, { recursive: true });
});

interface OrderJson {
  readonly number: string;
  readonly version: number;
}

async function call(
  role: 'member' | 'service',
  subject: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`http://127.0.0.1:${api.port}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${await mintToken({ role, subject }, scene.env)}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** An order of a member who says where they live wherever they can. */
async function place(memberId: string, street: string, key: string): Promise<bigint> {
  const answer = await call('member', memberId, 'POST', '/v1/orders', orderTo(street), {
    'Idempotency-Key': key,
  });
  expect(answer.status).toBe(201);
  return BigInt((JSON.parse(answer.text) as OrderJson).number);
}

const orderTo = (street: string) => ({
  shopId: 'shop-1',
  items: [{ menuId: 'rice', quantity: 1 }],
  deliveryAddress: { line1: `${street} 1`, line2: street, city: street, postalCode: street },
  // What the order of another member has only in its text.
  note: `${street} 2: call 010-2345-6789 "memberId":"m-gone"`,
});

async function change(number: bigint, command: string, reason?: string): Promise<void> {
  const body = reason === undefined ? {} : { reason };
  const answer = await call('service', 'test', 'POST', `/v1/orders/${number}/${command}`, body);
  expect([command, answer.status]).toEqual([command, 200]);
}

/** A module that sets the clock of its process a day ahead. */
const A_DAY_AHEAD = `data:text/javascript,${encodeURIComponent(`
  const real = Date;
  globalThis.Date = class extends real {
    static now() { return real.now() + 86_400_000; }
    constructor(...given) { super(...(given.length === 0 ? [Date.now()] : given)); }
  };
`)}`;

/** Runs the command as an operator does on a machine whose clock is a day ahead; returns the proof that it prints. */
async function erase(
  ...args: readonly string[]
): Promise<{ exitCode: number | null; proof: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [
        '--conditions=source',
        '--no-warnings',
        `--import=${A_DAY_AHEAD}`,
        API,
        'erase',
        '--by',
        'op',
        '--reason',
        'asked to',
        '--json',
        ...args,
      ],
      { env: { ...process.env, NODE_OPTIONS: '', ...scene.env, ORDERSHARD_ARCHIVE_URL: folder } },
      (_, stdout, stderr) => {
        if (!stdout.startsWith('{')) reject(new Error(stderr));
        else resolve({ exitCode: child.exitCode, proof: JSON.parse(stdout) as Record<string, unknown> });
      },
    );
  });
}

/** The collection that is served: the rebuilt one, after a rebuild. */
async function views() {
  const control = await scene.db
    .collection<{ _id: string; serving?: string }>('projections')
    .findOne({ _id: 'order_views' });
  return scene.views(control?.serving ?? 'order_views');
}

const versions = async () =>
  new Map((await (await views()).find().toArray()).map(({ _id, version }) => [_id, version]));

const shards = () => shardsFromUrls(scene.env['ORDERSHARD_MYSQL_URLS']!.split(','));
const topic = () => `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;

async function published(): Promise<TopicMessage[]> {
  const all: TopicMessage[] = [];
  for await (const message of messagesOf(scene.env['ORDERSHARD_KAFKA_BROKERS']!, topic())) all.push(message);
  return all;
}

const ALL_SEARCHED = { shards: [], archives: [] };
const NOTHING_LEFT = { orders: 0, events: 0, keys: 0, views: 0, archived: 0 };

test('a member is erased from orders, events, answers and views, and nothing brings them back', async () => {
  const relay = await scene.start(RELAY, ['relay']);
  const [first, ended] = [await place('m-gone', SECRET, 'a'), await place('m-gone', SECRET, 'b')];
  const stays = await place('m-stays', OTHER, 'a');
  await change(first, 'pay');
  await change(ended, 'cancel', `moves to ${SECRET} 3`);
  await until('all is projected', async () => {
    const known = await versions();
    return known.get(first) === 2 && known.get(ended) === 2 && known.get(stays) === 1;
  });
  const before = await published();
  const old = before.find(({ key, headers }) => key === `${first}` && headers['ce_sequence'] === '1')!;
  expect(old.value).toContain(SECRET);
  await relay.stop();
  const unpublished = await place('m-gone', SECRET, 'c');
  const drawn = await call('member', 'm-gone', 'POST', '/v1/order-numbers');
  const { number: drawnBefore } = JSON.parse(drawn.text) as OrderJson;

  const { exitCode, proof } = await erase('--member', 'm-gone');
  expect(proof).toMatchObject({
    memberId: 'm-gone',
    by: 'op',
    reason: 'asked to',
    orders: { found: 3, erased: 3, leftOver: 0, closing: [] },
    events: { rewritten: 5, deleted: 0 },
    keys: 3,
    views: 2,
    archived: 0,
    left: NOTHING_LEFT,
    notSearched: ALL_SEARCHED,
  });
  expect(exitCode).toBe(0);
  expect(await tablesWith(shards(), SECRET)).toEqual([]);
  expect(await collectionsWith(scene.db, SECRET)).toEqual([]);
  expect(await tablesWith(shards(), OTHER)).not.toEqual([]);
  const audited = await withShardSessions(shards(), (session) =>
    session.query(
      "SELECT asked_by, finished_at IS NOT NULL AS ended FROM erasures WHERE member_id = 'm-gone'",
    ),
  );
  expect(audited.flat()).toEqual(Array.from(shards(), () => ({ asked_by: 'op', ended: expect.anything() })));

  // A request that is sent again gets its answer, without what was erased; the history says what happened.
  const again = await call('member', 'm-gone', 'POST', '/v1/orders', orderTo(SECRET), {
    'Idempotency-Key': 'a',
  });
  expect(again.status).toBe(201);
  expect(again.headers.get('Idempotent-Replayed')).toBe('true');
  expect(again.text).toContain(`${first}`);
  expect(again.text).not.toContain(SECRET);
  const history = await call('member', 'm-gone', 'GET', `/v1/orders/${first}/history?minVersion=3`);
  expect(history.text).toContain('order.erased');

  // What was not published goes out without it; what is published again too.
  await scene.start(RELAY, ['relay']);
  await until('the erasure is projected', async () => {
    const known = await versions();
    return known.get(first) === 3 && known.get(ended) === 3 && known.get(unpublished) === 2;
  });
  const rest = (await published()).slice(before.length);
  expect(rest.length).toBeGreaterThan(0);
  expect((await scene.readModel(['verify', '--json'])).json).toMatchObject({
    changed: 0,
    missing: 0,
    extra: 0,
    stale: 0,
  });
  await until('progress is stored', async () =>
    republish(relaySettings(scene.env), {
      selector: { orders: [`${first}`, `${ended}`, `${unpublished}`] },
      by: 'test',
      reason: 'test',
    }).then(
      ({ tables }) => tables.reduce((sum, { sent }) => sum + sent, 0) === 8,
      () => false,
    ),
  );
  const all = await published();
  const republished = all.filter(({ headers }) => headers[REPUBLISHED_HEADER] !== undefined);
  expect(republished.length).toBeGreaterThanOrEqual(8);
  expect(republished.filter(({ value }) => value.includes(SECRET))).toEqual([]);
  expect(all.filter(({ key, value }) => key === `${unpublished}` && value.includes(SECRET))).toEqual([]);

  // An event from before, which Kafka still has, comes once more, and there is no view that it would be older than.
  const producer = new Producer({
    clientId: 'erasure-test',
    bootstrapBrokers: scene.env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
    serializers: stringSerializers,
  });
  await until('the old event is projected', async () => {
    if ((await versions()).get(first) === 1) return true;
    // What was republished may still be on its way, and brings the newest version back.
    await scene.views().deleteOne({ _id: first });
    await producer.send({ messages: [{ ...old, topic: topic() }] });
    return false;
  });
  await producer.close();
  expect(await collectionsWith(scene.db, SECRET)).toEqual([]);

  // What the member orders later is theirs, also under a number that was drawn before, in views and in answers made of them.
  const later = [await place('m-gone', SECRET, 'd'), BigInt(drawnBefore)];
  const numbered = await call('member', 'm-gone', 'PUT', `/v1/orders/${drawnBefore}`, orderTo(SECRET));
  expect(numbered.status).toBe(201);
  const saysWhere = async () => {
    const shown = await Promise.all(
      later.map((number) => call('member', 'm-gone', 'GET', `/v1/orders/${number}`)),
    );
    const stored = await (await views()).find({ _id: { $in: later } }).toArray();
    return [
      shown.map(({ text }) => text),
      stored.map((view) => JSON.stringify([view['deliveryAddress'], view['note']])),
    ];
  };
  const known = [expect.stringContaining(SECRET), expect.stringContaining(SECRET)];
  await until('the later orders are projected', async () => {
    const projected = await versions();
    return later.every((number) => projected.get(number) === 1);
  });
  expect(await saysWhere()).toEqual([known, known]);
  await scene.command(['rebuild', 'start']);
  await scene.command(['rebuild', 'switch', '--rate', '1000000']);
  expect(await saysWhere()).toEqual([known, known]);
  const rebuilt = await call('member', 'm-gone', 'GET', `/v1/orders/${first}`);
  expect(rebuilt.text).not.toContain(SECRET);
  const { proof: second } = await erase('--member', 'm-gone');
  expect(second).toMatchObject({ orders: { found: 5, erased: 2 }, left: NOTHING_LEFT });
  expect(await collectionsWith(scene.db, SECRET)).toEqual([]);
  expect((await call('member', 'm-stays', 'GET', `/v1/orders/${stays}`)).text).toContain(OTHER);
}, 240_000);

/** So that today is past its retention. */
const NOTHING_STAYS = { rows: -1, outbox: 7 };

test('the archive gives out nothing of a member who is erased, and orders that have outlived their day are erased', async () => {
  await scene.start(RELAY, ['relay']);
  const [gone, open, stays] = [
    await place('m-archived', ARCHIVED_SECRET, 'a'),
    await place('m-archived', ARCHIVED_SECRET, 'b'),
    await place('m-remains', OTHER, 'a'),
  ];
  for (const step of STEPS) for (const number of [gone, stays]) await change(number, step);
  await until('all is projected', async () => {
    const known = await versions();
    return known.get(gone) === 8 && known.get(stays) === 8 && known.get(open) === 1;
  });
  await until('the days are gone', async () => {
    const reports = await runRetention(cluster, { archive: store, retention: NOTHING_STAYS });
    return reports.every(({ kept, error }) => kept.length === 0 && error === undefined);
  });
  const { exitCode, proof } = await erase('--member', 'm-archived');
  expect(proof).toMatchObject({
    orders: { found: 1, erased: 1 },
    archived: 1,
    left: NOTHING_LEFT,
  });
  expect(exitCode).toBe(0);
  expect(await tablesWith(shards(), ARCHIVED_SECRET)).toEqual([]);
  expect(await collectionsWith(scene.db, ARCHIVED_SECRET)).toEqual([]);
  await until('the erasure is projected', async () => (await versions()).get(open) === 2);
  const read = await archiveSource(store).read(-1n, 2n ** 63n - 1n, 1_000);
  const given = read.snapshots.map(({ number }) => BigInt(number));
  expect([given.includes(gone), given.includes(stays)]).toEqual([false, true]);
  await views().then((served) => served.deleteMany({ _id: { $in: [gone, stays] } }));
  expect((await call('service', 's', 'GET', `/v1/orders/${gone}`)).status).toBe(404);
  expect((await call('service', 's', 'GET', `/v1/orders/${stays}`)).text).toContain(OTHER);
  await change(open, 'pay');
}, 240_000);

test('an erasure that was told of no archive proves nothing of those that the shards know', async () => {
  const { exitCode, proof } = await erase('--member', 'm-unknown', '--no-archive');
  expect(proof).toMatchObject({
    left: NOTHING_LEFT,
    archived: null,
    notSearched: { shards: [], archives: [`file://${folder}`] },
  });
  expect(exitCode).toBe(1);
});
