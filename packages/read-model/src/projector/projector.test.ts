import { describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { KafkaUnavailableError, ViewRefusedError, ViewsUnavailableError } from '../errors.ts';
import { orderView } from '../projections/order-view.ts';
import { messageOf } from '../order-samples.fixture.ts';
import type { SourceMessage } from './message.ts';
import { Projector, type ProjectorParts } from './projector.ts';
import type { OrderView } from '../projections/order-view.ts';

const message = (number: bigint, readable = true): SourceMessage => ({
  ...messageOf(number, 1, number),
  ...(readable ? {} : { value: Buffer.from('{') }),
});

/** Notes in one list what happens, in its order. */
function scene(
  chunks: SourceMessage[][],
  failures: { write?: number; send?: number; refused?: bigint } = {},
) {
  const happened: string[] = [];
  const left = { write: 0, send: 0, ...failures };
  const stopping = new AbortController();
  const allDone = Promise.withResolvers<void>();
  const parts: ProjectorParts<OrderView> = {
    source: {
      problem: undefined,
      partitions: [0],
      async read(take, signal) {
        for (const [i, messages] of chunks.entries()) {
          const done = Promise.withResolvers<void>();
          take({
            messages,
            done: () => {
              happened.push('done');
              done.resolve();
              if (i === chunks.length - 1) allDone.resolve();
            },
          });
          const stopped = new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve());
          });
          await Promise.race([done.promise, stopped]);
          if (signal.aborted) return;
        }
      },
      leave: async () => void happened.push('left'),
    },
    deadLetters: {
      send: async (letters) => {
        if (left.send-- > 0) throw new KafkaUnavailableError('away');
        happened.push(`dead ${letters.map(({ message: { offset } }) => offset).join()}`);
      },
    },
    project: orderView,
    write: async (views) => {
      if (left.write-- > 0) {
        happened.push('failed');
        throw new ViewsUnavailableError('away');
      }
      happened.push(`views ${views.map(({ _id }) => _id).join()}`);
      return views.flatMap(({ _id }, index) =>
        _id === failures.refused ? [{ index, error: new ViewRefusedError('refused') }] : [],
      );
    },
    log: createLogger('projector', 'silent'),
  };
  return { happened, projector: new Projector(parts), stopping, allDone: allDone.promise };
}

describe('Projector', () => {
  test('messages are done only when their dead letters and their views are stored', async () => {
    const { happened, projector, stopping } = scene([
      [message(1n), message(2n, false), message(3n)],
      [message(4n)],
    ]);
    await projector.run(stopping.signal);
    expect(happened).toEqual(['dead 2', 'views 1,3', 'done', 'views 4', 'done', 'left']);
    expect(projector.counts).toEqual({ events: 4, views: 3, deadLetters: 1, passedOver: 0 });
  });

  test('writes again until it works; meanwhile it tells of the problem, and nothing is done', async () => {
    const { happened, projector, stopping } = scene([[message(1n)]], { write: 2 });
    const running = projector.run(stopping.signal);
    while (happened.length === 0) await new Promise(setImmediate);
    expect(projector.problems).toEqual(['storing views: away']);
    await running;
    expect(happened).toEqual(['failed', 'failed', 'views 1', 'done', 'left']);
    expect(projector.problems).toEqual([]);
  });

  test('a stop while a server is away does nothing', async () => {
    const { happened, projector, stopping } = scene([[message(1n)], [message(2n)]], { write: 1_000 });
    const running = projector.run(stopping.signal);
    while (happened.length === 0) await new Promise(setImmediate);
    stopping.abort();
    await running;
    expect(happened).not.toContain('done');
    expect(happened.at(-1)).toBe('left');
  });

  test('a view that MongoDB refuses is handed on, and the others are stored', async () => {
    const { happened, projector, stopping } = scene([[message(1n), message(2n), message(3n)]], {
      refused: 2n,
    });
    await projector.run(stopping.signal);
    expect(happened).toEqual(['views 1,2,3', 'dead 2', 'done', 'left']);
    expect(projector.counts).toEqual({ events: 3, views: 2, deadLetters: 1, passedOver: 0 });
  });

  test('views wait for dead letters that cannot be stored yet', async () => {
    const { happened, projector, stopping } = scene([[message(1n), message(2n, false)]], { send: 1 });
    await projector.run(stopping.signal);
    expect(happened).toEqual(['dead 2', 'views 1', 'done', 'left']);
  });
});
