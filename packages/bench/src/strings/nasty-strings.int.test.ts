import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ORDERS_TOPIC } from '@ordershard/outbox';
import { mintToken, testNamespace } from '@ordershard/stack';
import { messagesOf } from '../faults/relay/check/topic.ts';
import { API, READ_MODEL, ReadModelScene, RELAY, until } from '../rebuild/scene.ts';
import { NASTY_STRINGS } from './nasty-strings.ts';
import { eachOf, senderTo, type Sender } from './sender.ts';
import { at, bodies, textFieldsOf, textPaths, withText, type BodyOf, type Document } from './text-places.ts';

let scene: ReadModelScene;
let send: Sender;

/** A text that the API took, and where the order's snapshot has it. */
interface Kept {
  readonly number: string;
  readonly path: readonly (string | number)[];
  readonly text: string;
}

const AT_ONCE = 16;
/** Some of each kind: for what only reads, and for texts that go another's way. */
const FEW = Object.values(Object.groupBy(NASTY_STRINGS, ({ kind }) => kind)).flatMap((all) =>
  all!.slice(0, 4),
);
const ALIKE = new Set<BodyOf['operation']>(['placeNumberedOrder', 'changeOrders']);

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('nasty'));
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  const api = await scene.start(API, ['serve'], { ORDERSHARD_API_PORT: '0', ORDERSHARD_API_DRAIN_MS: '0' });
  send = senderTo(
    `http://127.0.0.1:${api.port}`,
    await mintToken({ role: 'service', subject: 'nasty' }, scene.env),
  );
});

afterAll(() => scene.end());

const wrong: string[] = [];

const OVERLOADED = 'urn:ordershard:problem:overloaded';

/** Sends a request, and once more whenever the API has too much to do, as on a machine that is busy: then nothing was done. */
async function answered(...request: Parameters<Sender>): ReturnType<Sender> {
  for (let refusals = 0; ; refusals += 1) {
    const answer = await send(...request);
    if (answer?.status !== 503 || !answer.text.includes(OVERLOADED) || refusals === 60) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Notes an answer that is neither 2xx nor 4xx; returns the body of one that is 2xx. */
async function answerTo(...request: Parameters<Sender>): Promise<Record<string, unknown> | undefined> {
  const answer = await answered(...request).catch((error: unknown) => ({ status: 0, text: String(error) }));
  if (answer === undefined) return undefined;
  const { status, text } = answer;
  if (status < 200 || status >= 500 || (status >= 300 && status < 400 && status !== 304)) {
    wrong.push(
      `${status} to ${request[0]} ${request[1]} ${JSON.stringify(request[2])}: ${text}`.slice(0, 500),
    );
  }
  return status >= 200 && status < 300 && text.startsWith('{')
    ? (JSON.parse(text) as Record<string, unknown>)
    : undefined;
}

async function placed(body: unknown): Promise<string> {
  const order = await answerTo('POST', '/v1/orders', body);
  if (order === undefined) throw new Error('an order was not placed');
  return order['number'] as string;
}

const plainOrder = { memberId: 'm-1', shopId: 'shop-1', items: [{ menuId: 'rice', quantity: 1 }] };

/** Sends a body of an operation; gives the order that has what it said, and under which path, if it was taken. */
async function carryOut(
  { operation, body }: BodyOf,
  path: readonly (string | number)[],
): Promise<Kept | undefined> {
  const text = at(body, path) as string;
  switch (operation) {
    case 'placeOrder': {
      const order = await answerTo('POST', '/v1/orders', body);
      return order && { number: order['number'] as string, path, text };
    }
    case 'placeNumberedOrder': {
      const drawn = await answerTo('POST', '/v1/order-numbers', {});
      const order = await answerTo('PUT', `/v1/orders/${drawn!['number'] as string}`, body);
      return order && { number: order['number'] as string, path, text };
    }
    case 'cancelOrder': {
      const number = await placed(plainOrder);
      const order = await answerTo('POST', `/v1/orders/${number}/cancel`, body);
      return order && { number, path: ['cancellation', 'reason'], text };
    }
    case 'changeOrders': {
      const changed = await answerTo('POST', '/v1/order-changes', body);
      const [result] = (changed?.['results'] ?? []) as { status: number; order?: { number: string } }[];
      if (result?.status !== 200 || path.at(-1) !== 'reason') return undefined;
      return { number: result.order!.number, path: ['cancellation', 'reason'], text };
    }
    case 'putShop': {
      shops += 1;
      const shopId = `shop-n-${shops}`;
      const shop = await answerTo('PUT', `/v1/shops/${shopId}`, body);
      if (shop === undefined) return undefined;
      const [menu] = shop['menus'] as { menuId: string }[];
      const number = await placed({ ...plainOrder, shopId, items: [{ menuId: menu!.menuId, quantity: 1 }] });
      const where = { name: ['shopName'], currency: ['currency'] }[path.join('.')];
      return { number, path: where ?? ['items', 0, path.at(-1)!], text };
    }
  }
}

let shops = 0;

/** The snapshot of each order, by number, as its events, its view, the API and its rows have it. */
async function everywhere(
  numbers: readonly string[],
): Promise<Readonly<Record<string, Map<string, unknown>>>> {
  const topic = `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;
  const events = new Map<string, unknown>();
  for await (const { key, value } of messagesOf(scene.env['ORDERSHARD_KAFKA_BROKERS']!, topic))
    events.set(key, JSON.parse(value));
  const views = new Map<string, unknown>();
  for await (const view of scene.views().find()) views.set(String(view._id), view);
  const api = new Map<string, unknown>();
  await eachOf(numbers, AT_ONCE, async (number) => {
    api.set(number, await answerTo('GET', `/v1/orders/${number}`));
  });
  const rows = new Map<string, unknown>();
  for (const shard of scene.router.allShards()) {
    const found = await scene.router.onShard(shard, (session) =>
      session.query<
        Record<'number' | 'memberId' | 'shopId' | 'currency' | 'menuId' | 'name' | 'details', string>
      >(
        `SELECT o.number, o.member_id AS memberId, o.shop_id AS shopId, o.currency, o.details,
                i.menu_id AS menuId, i.name
           FROM orders o JOIN order_items i ON i.number = o.number`,
      ),
    );
    for (const { number, details, menuId, name, ...row } of found)
      rows.set(number, { ...row, items: [{ menuId, name }], ...(JSON.parse(details) as object) });
  }
  return { events, views, api, rows };
}

test('nasty strings through every text field: taken or refused, never a fault; what is taken comes back as it went in', async () => {
  const { paths, components } = (await answerTo('GET', '/openapi.json')) as unknown as Document;
  const covered = bodies('1').flatMap(({ operation, body }) =>
    textPaths(body).map((path) => `${operation} ${path.join('.')}`),
  );
  // Refunds take what cancellations take.
  expect(textFieldsOf({ paths, components }).filter((field) => field !== 'refundOrder reason')).toEqual(
    covered.toSorted(),
  );

  const cases = bodies('1').flatMap((of) =>
    textPaths(of.body).flatMap((path) =>
      (ALIKE.has(of.operation) ? FEW : NASTY_STRINGS).map(({ text }) => ({ ...of, path, text })),
    ),
  );
  const kept: Kept[] = [];
  await eachOf(cases, AT_ONCE, async ({ operation, path, text }) => {
    const number = operation === 'changeOrders' ? await placed(plainOrder) : '1';
    const { body } = bodies(number).find((each) => each.operation === operation)!;
    const one = await carryOut({ operation, body: withText(body, path, text) }, path);
    if (one !== undefined) kept.push(one);
  });
  expect(wrong).toEqual([]);
  // Ids take visible ASCII alone; most else goes through the ten fields of free text.
  expect(kept.length).toBeGreaterThan(1_000);

  const changed = new Set(kept.filter(({ path }) => path[0] === 'cancellation').map(({ number }) => number));
  await until('all is projected', async () => {
    const views = await scene.views().find().toArray();
    const versions = new Map(views.map(({ _id, version }) => [String(_id), version]));
    return kept.every(({ number }) => (versions.get(number) ?? 0) >= (changed.has(number) ? 2 : 1));
  });
  const stores = await everywhere(kept.map(({ number }) => number));
  const differences = Object.entries(stores).flatMap(([store, orders]) =>
    kept
      .filter(({ number, path, text }) => at(orders.get(number), path) !== text)
      .map(({ number, path, text }) => ({ store, path, text, found: at(orders.get(number), path) })),
  );
  expect(differences).toEqual([]);
});

test('nasty strings in paths, queries and headers: never a fault', async () => {
  const number = await placed(plainOrder);
  const of = (text: string): readonly Parameters<Sender>[] => {
    if (!text.isWellFormed() || text.length > 1_000) return [];
    const part = encodeURIComponent(text);
    return [
      ['GET', `/v1/orders/${part}`],
      ['GET', `/v1/orders/${part}/history`],
      ['PUT', `/v1/orders/${part}`, plainOrder],
      ['POST', `/v1/orders/${part}/pay`],
      ['GET', `/v1/members/${part}/orders`],
      ['GET', `/v1/shops/${part}/orders`],
      ['GET', `/v1/shops/${part}`],
      ['GET', `/v1/${part}`],
      ...['status', 'from', 'to', 'limit', 'cursor', part].map((name): Parameters<Sender> => [
        'GET',
        `/v1/orders?${name}=${part}`,
      ]),
      ...['atLeast', 'waitMs', 'limit', 'cursor'].map((name): Parameters<Sender> => [
        'GET',
        `/v1/members/m-1/orders?${name}=${part}`,
      ]),
      ['GET', `/v1/orders/${number}?minVersion=${part}`],
      ['GET', `/v1/orders/${number}`, undefined, { 'If-None-Match': text, 'X-Request-Id': text }],
      ['POST', '/v1/orders', plainOrder, { 'Idempotency-Key': text, traceparent: text }],
      ['POST', `/v1/orders/${number}/refund`, { reason: 'r' }, { 'If-Match': text }],
      // Of no order: a stream that was let in would not end.
      ['GET', '/v1/orders/1/events', undefined, { 'Last-Event-ID': text }],
    ];
  };
  await scene.change([BigInt(number)], 'pay');
  const requests = FEW.flatMap(({ text }) => of(text));
  await eachOf(requests, AT_ONCE, async (request) => {
    await answerTo(...request);
  });
  expect(wrong).toEqual([]);
});
