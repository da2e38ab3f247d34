import { expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { messageOf } from '../order-samples.fixture.ts';
import { orderView } from '../projections/order-view.ts';
import type { Chunk, SourceMessage } from './message.ts';
import { Projector } from './projector.ts';

const FLOOD = 1n;

/** Lets all that is ready happen. */
const turn = async () => {
  for (let i = 0; i < 10; i += 1) await new Promise(setImmediate);
};

test('an order with half of all events and a handler that hangs on it does not hold up the others', async () => {
  const taking = Promise.withResolvers<(chunk: Chunk) => void>();
  const stopping = new AbortController();
  const [done, floodVersions]: [string[], number[]] = [[], []];
  const hanging = Promise.withResolvers<void>();
  const projector = new Projector({
    source: {
      problem: undefined,
      partitions: [0],
      read: (take, signal) => {
        taking.resolve(take);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
      leave: async () => undefined,
    },
    deadLetters: { send: async () => undefined },
    project: orderView,
    write: async (views) => {
      const flood = views.find(({ _id }) => _id === FLOOD);
      if (flood !== undefined) {
        floodVersions.push(flood.version);
        await hanging.promise;
      }
      return [];
    },
    log: createLogger('projector', 'silent'),
  });
  const running = projector.run(stopping.signal);
  const take = await taking.promise;
  const hand = (name: string, messages: SourceMessage[]) => take({ messages, done: () => done.push(name) });
  const floodOf = (from: number) => Array.from({ length: 50 }, (_, i) => messageOf(FLOOD, from + i));
  const othersOf = (from: bigint) => Array.from({ length: 50 }, (_, i) => messageOf(from + BigInt(i), 1));
  for (let round = 0; round < 5; round += 1) {
    hand(`flood ${round}`, floodOf(round * 50 + 1));
    hand(`others ${round}`, othersOf(100n + BigInt(round) * 50n));
    await turn();
  }
  expect(done).toEqual(['others 0', 'others 1', 'others 2', 'others 3', 'others 4']);
  hanging.resolve();
  await turn();
  expect(done).toHaveLength(10);
  // The first that came, then all that came meanwhile as one.
  expect(floodVersions).toEqual([50, 250]);
  stopping.abort();
  await running;
});
