import { expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { neighbours } from './neighbours.ts';

test('beside a member who sends more lines than its rate, another has every request carried out', async () => {
  const namespace = await testNamespace('neighbours');
  const { member } = await neighbours({ namespace, greedy: ['member'], rounds: 1, roundMs: 1_500 });
  expect(member!.refused).toEqual({ calm: {}, beside: {} });
  const { requests, refused, linesDone, linesFailed } = member!.bulk;
  // One was let in while anything was left of the rate, and is paid for by those that come later.
  expect({ requests, mostRefused: refused >= requests - 2, linesFailed }).toEqual({
    requests: 15,
    mostRefused: true,
    linesFailed: 0,
  });
  expect(linesDone).toBe((requests - refused) * 500);
});
