import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { reach } from './reach.ts';

let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('throttle');
});

afterAll(() => namespace.drop());

test('a limit reaches every API process by the bus, holds there with its reason, and is lifted', async () => {
  const { setMs, liftMs, whileSet, whileLifted } = await reach({
    env: namespace.env,
    instances: 2,
    changes: 2,
  });
  expect([setMs.length, liftMs.length]).toEqual([4, 4]);
  expect(whileSet).toEqual({ '429 inflow-throttled': 4 });
  expect(whileLifted).toEqual({ '201': 4 });
});
