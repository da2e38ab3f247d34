import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runProcess, startProcess, testNamespace, type Namespace } from '@ordershard/stack';
import { fileURLToPath } from 'node:url';
import { send } from './fixtures/test-api.ts';

const file = fileURLToPath(new URL('bin.ts', import.meta.url));
let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('bin');
});

afterAll(() => namespace.drop());

test('migrates, more than once; serves with MongoDB away; ends with 0 when it is told to', async () => {
  const { env } = namespace;
  const first = await runProcess({ file, args: ['migrate'], env });
  expect(first.filter(({ msg }) => msg === 'migrated')).toHaveLength(2);
  await runProcess({ file, args: ['migrate'], env });
  // Port 9 discards; nothing listens there.
  const api = await startProcess({
    file,
    args: ['serve'],
    env: { ...env, ORDERSHARD_MONGODB_URL: 'mongodb://127.0.0.1:9/x', ORDERSHARD_API_PORT: '0' },
  });
  expect(api.ready).toMatchObject({ role: 'api', port: expect.any(Number) });
  const ready = await send(`http://127.0.0.1:${api.port}`, 'GET', '/readyz');
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject({ mongodb: 'down' });
  await api.stop();
});

test('says what is wrong with its settings', async () => {
  const env = { ...namespace.env, ORDERSHARD_MYSQL_URLS: '', ORDERSHARD_JWT_ISSUER: '' };
  await expect(startProcess({ file, args: ['serve'], env })).rejects.toThrow(
    /ORDERSHARD_MYSQL_URLS: is not set; .*ORDERSHARD_JWT_ISSUER: is not set/,
  );
});
