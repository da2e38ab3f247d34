import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { fanOut } from './fan-out.ts';

let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('bus');
});

afterAll(() => namespace.drop());

test('changes of the shard map reach 20 routers over the bus, and each loads each of them once', async () => {
  const { latenciesMs, loads } = await fanOut({ env: namespace.env, instances: 20, changes: 3 });
  expect(latenciesMs).toHaveLength(60);
  expect(loads).toEqual(Array.from({ length: 20 }, () => 3));
});
