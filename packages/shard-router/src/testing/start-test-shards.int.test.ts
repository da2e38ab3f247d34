import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { TEST_MIGRATIONS } from '../router.fixture.ts';
import { startTestShards } from './start-test-shards.ts';

let namespace: Namespace;
let urls: string[];

beforeAll(async () => {
  namespace = await testNamespace('testkit');
  urls = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',');
});

afterAll(() => namespace.drop());

/** The databases of this test on the first server. */
async function databases(): Promise<string[]> {
  const own = new URL(urls[0]!).pathname.slice(1);
  const connection = await createConnection(urls[0]!);
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SHOW DATABASES LIKE ?', [`${own.slice(0, 40)}%`]);
    return rows.map((row) => Object.values(row)[0] as string).filter((name) => name.includes('_test_'));
  } finally {
    await connection.end();
  }
}

test('fresh shards are a cluster of their own, and nothing of them is left', async () => {
  const kit = await startTestShards({ urls, directories: [TEST_MIGRATIONS], bucketCount: 64 });
  const router = await kit.router();
  expect(router.bucketCount).toBe(64);
  const number = router.drawNumber();
  await router.transaction({ number }, (tx) =>
    tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
  );
  expect(await databases()).toHaveLength(1);
  await kit.end();
  expect(await databases()).toEqual([]);
});

test('a start that fails leaves no database', async () => {
  const failing = startTestShards({ urls, prepare: () => Promise.reject(new Error('not prepared')) });
  await expect(failing).rejects.toThrow('not prepared');
  expect(await databases()).toEqual([]);
});
