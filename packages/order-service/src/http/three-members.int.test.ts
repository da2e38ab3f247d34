import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ServerHandle, serversOf, type Stack, startStack } from '@ordershard/stack';
import { MongoClient } from 'mongodb';
import { joinTestApi, type Send, startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { type OrderJson, placed, putTestShop } from '../fixtures/test-shop.ts';
import { viewOf } from '../fixtures/test-views.ts';
import { until } from '../fixtures/until.ts';
import type { OrderViewDocument } from '../views/view-document.ts';

const MEMBER = 'm-three';
/** Answers of one test that show a version. */
const ENOUGH = 45;

let stack: Stack;
/** Of the whole set. */
let mongodb: MongoClient;
/** Reads from the primary. */
let api: TestApi;
/** Reads from secondaries who has a token. */
let other: Awaited<ReturnType<typeof joinTestApi>>;
let order: OrderJson;
let version = 0;

beforeAll(async () => {
  const env = { ...process.env };
  delete env['ORDERSHARD_MONGODB_URL'];
  stack = await startStack({ ephemeral: true, parts: ['mongodb'], mongodbMembers: 3, env });
  const ORDERSHARD_MONGODB_URL = stack.env['ORDERSHARD_MONGODB_URL']!;
  mongodb = new MongoClient(ORDERSHARD_MONGODB_URL, {
    useBigInt64: true,
    socketTimeoutMS: 5_000,
    heartbeatFrequencyMS: 500,
    connectTimeoutMS: 2_000,
  });
  api = await startTestApi('three', (settings) => ({ ...settings, ORDERSHARD_MONGODB_URL }));
  other = await joinTestApi(api, (settings) => ({ ...settings, ORDERSHARD_VIEW_MEMBERS: 'secondary' }));
  await putTestShop(api.as('operator', 'op'));
  order = await placed(api.as('member', MEMBER));
}, 300_000);

afterAll(async () => {
  await other.stop();
  await api.stop();
  await mongodb.close();
  await stack.stop();
});

const views = () => mongodb.db().collection<OrderViewDocument>('order_views');

/** Stores the view at its next version, as the projector does: by most members, in their journals, tried until it is. */
async function project(): Promise<void> {
  version += 1;
  const view = { ...viewOf(order), version };
  const writeConcern = { w: 'majority', journal: true, wtimeoutMS: 5_000 } as const;
  await until(async () => {
    const stored = views().replaceOne({ _id: view._id }, view, { upsert: true, writeConcern });
    return stored.then(
      () => true,
      () => false,
    );
  });
}

/** Reads the order by one instance after the other, and says to each what it saw before. */
class Watcher {
  readonly #turns: readonly Send[];
  readonly seen: number[] = [];
  readonly #refused = new Set<number>();
  #token = '';
  #turn = 0;

  constructor(turns: readonly Send[]) {
    this.#turns = turns;
  }

  /** Reads it, or the list that it is in. */
  async look(): Promise<void> {
    const turn = (this.#turn += 1);
    const isList = turn % 3 === 0;
    const path = isList ? `/v1/members/${MEMBER}/orders?waitMs=0` : `/v1/orders/${order.number}`;
    const says = this.#token === '' ? {} : { 'Reader-Token': this.#token };
    const answer = await this.#turns[turn % this.#turns.length]!('GET', path, undefined, says);
    if (answer.status !== 200) return void this.#refused.add(answer.status);
    this.#token = answer.headers.get('Reader-Token')!;
    const found = isList ? (answer.body as { orders: OrderJson[] }).orders[0] : (answer.body as OrderJson);
    this.seen.push(Number(found?.version ?? 0));
  }

  async until(check: () => boolean): Promise<void> {
    await until(async () => {
      await this.look();
      return check();
    });
  }

  get newest(): number {
    return this.seen.at(-1) ?? 0;
  }

  /** Versions never went back, and whatever was not shown was refused for now. The shard is behind the views here. */
  expectForward(): void {
    expect(this.seen).toEqual(this.seen.toSorted((a, b) => a - b));
    for (const status of this.#refused) expect([409, 503]).toContain(status);
  }
}

const watcher = () => new Watcher([api.as('member', MEMBER), other.as('member', MEMBER)]);

async function primary(): Promise<ServerHandle> {
  let me: string | undefined;
  await until(async () => {
    me = await mongodb
      .db()
      .command({ hello: 1 })
      .then(
        (hello) => hello['primary'] as string,
        () => undefined,
      );
    return me !== undefined;
  });
  return serversOf(stack, 'mongodb').find(({ port }) => me === `127.0.0.1:${port}`)!;
}

/** Runs commands on one member, whatever it is. */
async function onMember<T>({ port }: ServerHandle, fn: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  try {
    return await fn(client);
  } finally {
    await client.close();
  }
}

test('while primaries step down, a reader of two instances never sees an older version', async () => {
  const reader = watcher();
  const over = new AbortController();
  const writing = (async () => {
    while (!over.signal.aborted) await project();
  })();
  for (let n = 0; n < 3; n += 1) {
    const enough = reader.seen.length + ENOUGH / 3;
    await reader.until(() => reader.seen.length > enough);
    const down = onMember(await primary(), (client) =>
      client.db('admin').command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 5 }),
    );
    // It may close the connection that asked for it, or be no primary any more.
    await down.catch(() => undefined);
  }
  over.abort();
  await writing;
  await reader.until(() => reader.newest === version);
  reader.expectForward();
});

test('a primary that hung while another was elected shows nothing old when it is back', async () => {
  const reader = watcher();
  await project();
  await reader.until(() => reader.newest === version);
  const old = await primary();
  const alone = await joinTestApi(api, (env) => ({
    ...env,
    ORDERSHARD_MONGODB_URL: `mongodb://127.0.0.1:${old.port}/${mongodb.db().databaseName}?directConnection=true`,
  }));
  try {
    // With a connection to it that stays.
    const withOld = new Watcher([
      alone.as('member', MEMBER),
      ...Array.from({ length: 2 }, () => api.as('member', MEMBER)),
    ]);
    await withOld.until(() => withOld.newest === version);
    await old.pause();
    const asked = alone.as('member', MEMBER)('GET', `/v1/orders/${order.number}`);
    await project();
    await reader.until(() => reader.newest === version);
    await withOld.until(() => withOld.newest === version);
    await old.resume();
    for (let n = 0; n < ENOUGH; n += 1) await Promise.all([reader.look(), withOld.look()]);
    // Asked of it while it hung, by one who had seen nothing: the view as it was then, or the shard.
    expect([200, 503]).toContain((await asked).status);
    reader.expectForward();
    withOld.expectForward();
    expect([reader.newest, withOld.newest]).toEqual([version, version]);
  } finally {
    await alone.stop();
  }
});

test('a secondary that lags is passed over for whoever has seen more', async () => {
  const reader = watcher();
  await project();
  await reader.until(() => reader.newest === version);
  const first = await primary();
  const lagging = serversOf(stack, 'mongodb').find(({ id }) => id !== first.id)!;
  await onMember(lagging, async (client) => {
    // Applies nothing any more, and answers reads.
    await client.db('admin').command({ fsync: 1, lock: true });
    try {
      const begun = reader.seen.length;
      while (reader.seen.length < begun + ENOUGH) {
        await project();
        await reader.until(() => reader.newest === version);
        await reader.look();
        await reader.look();
      }
    } finally {
      await client.db('admin').command({ fsyncUnlock: 1 });
    }
  });
  reader.expectForward();
  expect(new Set(reader.seen).size).toBeGreaterThan(ENOUGH / 5);
});
