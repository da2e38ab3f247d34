import { expect, test } from '@jest/globals';
import type { SourceMessage } from '../projector/message.ts';
import { withProvenance } from './provenance.ts';
import { stopOf } from './route.ts';

const options = { topic: 'p.orders', delaysMs: [5_000, 60_000], group: 'g', release: 'r' };
const fresh: SourceMessage = {
  key: Buffer.from('1'),
  value: undefined,
  headers: [],
  topic: 'p.orders',
  partition: 2,
  offset: 9n,
};
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000);

test('what may succeed later goes from stage to stage, then to the dead letters, and keeps where it came from', () => {
  let message = fresh;
  const visited: unknown[] = [];
  for (let seconds = 0; ; seconds += 100) {
    const letter = { message, reason: `X: ${seconds}`, retryable: true };
    const { topic, stage, provenance } = stopOf(letter, options, at(seconds));
    visited.push([topic, stage, provenance.attempts, provenance.due]);
    expect(provenance).toMatchObject({
      topic: 'p.orders',
      partition: 2,
      offset: 9n,
      firstFailedAt: at(0),
      failedAt: at(seconds),
      reason: `X: ${seconds}`,
      release: 'r',
    });
    if (stage === undefined) break;
    const headers = [...withProvenance(message.headers, provenance)];
    message = { ...fresh, topic, partition: 0, offset: BigInt(seconds), headers };
  }
  expect(visited).toEqual([
    ['p.orders.retry.1', 1, 1, at(5)],
    ['p.orders.retry.2', 2, 2, at(160)],
    ['p.orders.dlq', undefined, 3, undefined],
  ]);
});

test('what never can succeed is a dead letter at once, from wherever it was read', () => {
  for (const topic of ['p.orders', 'p.orders.retry.1', 'p.orders.retry.2'])
    expect(stopOf({ message: { ...fresh, topic }, reason: 'X: x' }, options, at(0))).toMatchObject({
      topic: 'p.orders.dlq',
      stage: undefined,
    });
});

test('what waits for something that is away goes round in the longest retry topic of a minute, and is no dead letter', () => {
  const three = { ...options, delaysMs: [5_000, 60_000, 600_000] };
  const visited: unknown[] = [];
  let topic = 'p.orders';
  for (let round = 0; round < 5; round += 1) {
    const letter = {
      message: { ...fresh, topic },
      reason: 'X: x',
      retryable: true,
      awaits: 'orders',
    } as const;
    const stop = stopOf(letter, three, at(0));
    expect(stop.provenance).toMatchObject({ awaits: 'orders', group: 'g' });
    visited.push(stop.stage);
    topic = stop.topic;
  }
  expect(visited).toEqual([1, 2, 2, 2, 2]);
  const own = { message: { ...fresh, topic }, reason: 'X: x', retryable: true };
  expect(stopOf(own, three, at(0)).stage).toBe(3);
  const last = { ...own, message: { ...fresh, topic: 'p.orders.retry.3' }, awaits: 'orders' } as const;
  expect(stopOf(last, three, at(0)).stage).toBe(2);
});
