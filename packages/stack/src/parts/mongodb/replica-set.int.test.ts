import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { serversOf, type Stack } from '../../stack/stack.ts';
import { startStack } from '../../stack/start.ts';
import { scratch, until } from '../../testing/scratch.ts';

jest.setTimeout(60_000);

const place = scratch();
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    name: 'three',
    checkoutRoot: place.root,
    parts: ['mongodb'],
    mongodbMembers: 3,
    env: place.env,
  });
});
afterAll(async () => place.remove());

test('three members are one set, which goes on without one and takes it back', async () => {
  const servers = serversOf(stack, 'mongodb');
  expect(servers.map(({ id }) => id).toSorted()).toEqual(['mongodb', 'mongodb-1', 'mongodb-2']);
  const url = stack.env['ORDERSHARD_MONGODB_URL']!;
  for (const { port } of servers) expect(url).toContain(`127.0.0.1:${port}`);
  const client = new MongoClient(url);
  try {
    const rows = client.db().collection('rows', { writeConcern: { w: 'majority', journal: true } });
    await rows.insertOne({ at: 1 });
    const { me } = await client.db().command({ hello: 1 });
    const other = servers.find(({ port }) => me !== `127.0.0.1:${port}`)!;
    await other.kill();
    expect(await other.illness()).toMatch(/ECONNREFUSED/);
    await rows.insertOne({ at: 2 });
    await other.restart();
    const alone = new MongoClient(`mongodb://127.0.0.1:${other.port}/ordershard?directConnection=true`);
    try {
      await until(
        'it has what it missed',
        async () => (await alone.db().collection('rows').countDocuments()) === 2,
      );
    } finally {
      await alone.close();
    }
    expect(await Promise.all(servers.map((server) => server.illness()))).toEqual([null, null, null]);
  } finally {
    await client.close();
  }
});
