import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { ensureIndexes, type OrderView, orderViews } from '@ordershard/read-model';
import { mintToken, type OwnProcess, testNamespace, type TokenClaims } from '@ordershard/stack';
import { openWorkers, workerSettings } from '@ordershard/third-parties';
import { API, ReadModelScene } from '../rebuild/scene.ts';
import { type AskedQuery, askedDuring } from './asked-queries.ts';
import { seedViews } from './seed-views.ts';

/** Orders whose views are asked for. */
const ORDERS = 4_000;

/** Callers by what they may search: all orders, a member's, a shop's. */
const CALLERS: readonly TokenClaims[] = [
  { role: 'operator', subject: 'op' },
  { role: 'member', subject: 'm-1' },
  { role: 'shop', subject: 's-1' },
];

let scene: ReadModelScene;
let api: OwnProcess;
let seeded: readonly OrderView[];
let asked: readonly AskedQuery[];

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('queries'));
  const views = orderViews(scene.db);
  await ensureIndexes(views);
  seeded = seedViews(ORDERS);
  await views.insertMany([...seeded]);
  api = await scene.start(API, ['serve'], { ORDERSHARD_API_PORT: '0', ORDERSHARD_API_RATE_MEMBER: '0' });
  asked = await askedDuring(scene.db, 'order_views', async () => {
    await searchInEveryWay();
    await listInEveryWay();
    await readOne();
    await followOne();
    await checkThirdParties();
  });
});

afterAll(() => scene.end());

describe('what is asked of order views', () => {
  test('is noted: by number, by numbers, lists, searches and what hangs', () => {
    const shapes = [...new Set(asked.map(({ shape }) => shape))];
    expect(shapes).toEqual(
      expect.arrayContaining([
        'order-service find {"_id":"?"} {}',
        'order-service find {"_id":{"$in":["?"]}} {}',
        'order-service find {"_id":{"$in":["?"]},"memberId":"?"} {}',
        'order-service find {"_id":{"$in":["?"]},"shopId":"?"} {}',
        'order-service find {} {"_id":-1}',
        'order-service find {"memberId":"?","status":{"$in":["?"]},"_id":{"$gte":"?","$lt":"?"}} {"_id":-1}',
        'third-parties find {"status":"?","updatedAt":{"$lt":"?"}} {"updatedAt":1}',
      ]),
    );
    // Whose orders (3), of which states (3), between which numbers (4), and the others above.
    expect(shapes.filter((shape) => shape.endsWith('{"_id":-1}'))).toHaveLength(36);
  });

  test('never makes the server look through all views, or sort what it found', () => {
    const wrong = asked.filter(({ stages }) =>
      stages.some((stage) => stage === 'COLLSCAN' || stage === 'SORT'),
    );
    expect(wrong.map(({ shape, stages }) => `${shape}: ${stages.join(' < ')}`)).toEqual([]);
  });

  test('reads no view in vain, but a member has few orders, and what was given up is looked for in few', () => {
    const allowed = (shape: string) => /\{"memberId":"\?","status":|"cancellation\.reason"/.test(shape);
    const wrong = asked.filter(({ shape, returned, examined }) => examined > returned && !allowed(shape));
    expect(wrong.map(({ shape, returned, examined }) => `${shape}: ${returned} of ${examined}`)).toEqual([]);
    // That a member's are picked out of that member's orders, or of those of a state, never of all.
    expect(Math.max(...asked.map(({ examined }) => examined))).toBeLessThanOrEqual(ORDERS / 10);
  });

  test('uses every index that the projector keeps', async () => {
    const used = new Set(asked.flatMap(({ indexes }) => indexes));
    const kept = (await scene.views().indexes()).map(({ name }) => name);
    expect(kept.filter((name) => name !== undefined && !used.has(name))).toEqual([]);
  });
});

/** Every combination of the filters of a search, the first page and the one after. */
async function searchInEveryWay(): Promise<void> {
  const from = `from=${seeded[ORDERS / 4]!.placedAt.toISOString()}`;
  const to = `to=${seeded[(3 * ORDERS) / 4]!.placedAt.toISOString()}`;
  for (const caller of CALLERS)
    for (const status of [[], ['status=cooking'], ['status=paid,cooking,cancelled']])
      for (const time of [[], [from], [to], [from, to]])
        await twoPages(caller, '/v1/orders', [...status, ...time]);
}

async function listInEveryWay(): Promise<void> {
  const { _id, version } = seeded.findLast(({ memberId }) => memberId === 'm-1')!;
  const late = `atLeast=${_id}-${version}`;
  for (const path of ['/v1/members/m-1/orders', '/v1/shops/s-1/orders']) {
    await twoPages(CALLERS[0]!, path, []);
    await get(CALLERS[0]!, `${path}?waitMs=0&${late}`);
  }
}

/** An order by number: its view, and one that is not as far as it must be, which is waited for. */
async function readOne(): Promise<void> {
  const { _id } = seeded.at(-1)!;
  await get(CALLERS[0]!, `/v1/orders/${_id}`);
  await get(CALLERS[0]!, `/v1/orders/${_id}?minVersion=2&waitMs=20`);
  await get(CALLERS[0]!, `/v1/orders/${_id}/history`);
}

/** The events of an order up to one that came while they were followed. */
async function followOne(): Promise<void> {
  const { _id } = seeded.at(-1)!;
  const response = await get(CALLERS[0]!, `/v1/orders/${_id}/events`);
  expect(response.status).toBe(200);
  let text = '';
  let changed = false;
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString();
    const told = text.match(/^data:/gm)?.length ?? 0;
    if (told >= 2) break;
    if (told === 1 && !changed) {
      changed = true;
      await scene.views().updateOne({ _id }, { $set: { version: 2 } });
    }
  }
}

/** What the worker of the third parties asks in its check. */
async function checkThirdParties(): Promise<void> {
  const nobody = 'http://127.0.0.1:1';
  const settings = workerSettings({
    ...scene.env,
    ORDERSHARD_PAYMENT_URL: nobody,
    ORDERSHARD_SHOP_URL: nobody,
    ORDERSHARD_DELIVERY_URL: nobody,
    ORDERSHARD_CHECK_AFTER_MS: '86400000',
  });
  const workers = await openWorkers(
    { ...settings, clientId: 'third-parties' },
    createLogger('check', 'silent'),
  );
  try {
    await workers.check();
  } finally {
    await workers.close();
  }
}

async function twoPages(caller: TokenClaims, path: string, query: readonly string[]): Promise<void> {
  const first = await get(caller, `${path}?${[...query, 'limit=5'].join('&')}`);
  expect(first.status).toBe(200);
  const { nextCursor } = (await first.json()) as { nextCursor?: string };
  expect(nextCursor).toBeDefined();
  const second = await get(caller, `${path}?${[...query, 'limit=5', `cursor=${nextCursor}`].join('&')}`);
  expect(second.status).toBe(200);
}

async function get(caller: TokenClaims, path: string): Promise<Response> {
  const token = await mintToken(caller, scene.env);
  return fetch(`http://127.0.0.1:${api.port}${path}`, { headers: { Authorization: `Bearer ${token}` } });
}
