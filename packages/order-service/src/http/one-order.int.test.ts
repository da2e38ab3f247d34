import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mintToken, type OwnProcess, startProcess } from '@ordershard/stack';
import { fileURLToPath } from 'node:url';
import { send, startTestApi, type Answer, type TestApi } from '../fixtures/test-api.ts';
import { proxyOf, throughProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { orderOf, putTestShop } from '../fixtures/test-shop.ts';

const POSTS = 100;

let api: TestApi;
let other: OwnProcess;
let proxies: TcpProxy[];

beforeAll(async () => {
  api = await startTestApi('one-order');
  await putTestShop(api.as('operator', 'op'));
  const urls = api.env['ORDERSHARD_MYSQL_URLS']!.split(',');
  proxies = await Promise.all(urls.map(proxyOf));
  other = await startProcess({
    file: fileURLToPath(new URL('../bin.ts', import.meta.url)),
    args: ['serve'],
    env: {
      ...api.env,
      ORDERSHARD_MYSQL_URLS: urls.map((url, shard) => throughProxy(url, proxies[shard]!)).join(','),
    },
  });
});

afterAll(async () => {
  await other?.stop();
  await Promise.all((proxies ?? []).map((proxy) => proxy.close()));
  await api.stop();
});

test.each([1, 2, 3])(
  '100 at once with one key, at two processes, with answers lost, are one order and one answer (%i)',
  async (run) => {
    const subject = `m-one-${run}`;
    const token = await mintToken({ role: 'member', subject }, api.env);
    const bases = [api.url, `http://127.0.0.1:${other.port}`];
    const post = (base: string): Promise<Answer> =>
      send(base, 'POST', '/v1/orders', orderOf(), {
        Authorization: `Bearer ${token}`,
        'Idempotency-Key': 'k',
      });
    const lost = proxies.map((proxy) => proxy.loseAnswerTo('ordershard_open_merged'));
    const answers = await Promise.all(Array.from({ length: POSTS }, (_, i) => post(bases[i % 2]!)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(lost.some(({ done }) => done)).toBe(true);
    const rows = (sql: string) => api.rows(sql, [subject]);
    expect(await rows('SELECT 1 FROM orders WHERE member_id = ?')).toHaveLength(1);
    const [order] = await api.rows<{ number: string }>('SELECT number FROM orders WHERE member_id = ?', [
      subject,
    ]);
    const events = await api.rows(
      [0, 1, 2, 3]
        .map((table) => `SELECT event_id FROM outbox_orders_${table} WHERE aggregateid = '${order!.number}'`)
        .join(' UNION ALL '),
    );
    expect(events).toEqual([{ event_id: `${order!.number}-1` }]);
  },
);
