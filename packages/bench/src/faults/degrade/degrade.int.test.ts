import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from './run.ts';

let given: string | undefined;

beforeAll(() => {
  given = process.env['ORDERSHARD_FAULT_MS'];
  process.env['ORDERSHARD_FAULT_MS'] = '4000';
});

afterAll(() => {
  if (given === undefined) delete process.env['ORDERSHARD_FAULT_MS'];
  else process.env['ORDERSHARD_FAULT_MS'] = given;
});

test('ordering goes on with a third party, a shard, Kafka and MongoDB down, and all comes right afterwards', async () => {
  const only = ['payment down', 'one shard down', 'Kafka down, MongoDB down'];
  const { figures, table } = await run({ seed: 5, only, count: 3, progress: () => undefined });
  const { windows: _, redelivered: __, ...rest } = figures;
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0 };
  // The table says what was found.
  expect({ rest, table }).toEqual({ rest: { faults: 3, landed: 3, ...none }, table });
});
