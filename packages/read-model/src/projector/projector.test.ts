import { describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { KafkaUnavailableError, ViewRefusedError, ViewsUnavailableError } from '../errors.ts';
import { sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import type { Batch, SourceMessage } from './message.ts';
import { Projector, type ProjectorParts } from './projector.ts';

const message = (number: bigint, readable = true): SourceMessage => {
  const { key, value, headers } = sampleEnvelope(sampleSnapshot(number, 1));
  return {
    key: Buffer.from(key),
    value: Buffer.from(readable ? value : '{'),
    headers: Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    topic: 't',
    partition: 0,
    offset: number,
  };
};

/** Notes in one list what happens, in its order. */
function scene(
  batches: SourceMessage[][],
  failures: { write?: number; send?: number; refused?: bigint } = {},
) {
  const happened: string[] = [];
  const left = { write: 0, send: 0, ...failures };
  const stopping = new AbortController();
  const parts: ProjectorParts = {
    source: {
      problem: undefined,
      partitions: [0],
      async *batches(): AsyncGenerator<Batch, void> {
        for (const messages of batches) yield { messages, commit: async () => void happened.push('commit') };
      },
    },
    deadLetters: {
      send: async (letters) => {
        if (left.send-- > 0) throw new KafkaUnavailableError('away');
        happened.push(`dead ${letters.map(({ message: { offset } }) => offset).join()}`);
      },
    },
    write: async (views) => {
      if (left.write-- > 0) {
        happened.push('failed');
        throw new ViewsUnavailableError('away');
      }
      happened.push(`views ${views.map(({ _id }) => _id).join()}`);
      return views
        .filter(({ _id }) => _id === failures.refused)
        .map(({ _id }) => ({ number: _id, error: new ViewRefusedError('refused') }));
    },
    log: createLogger('projector', 'silent'),
  };
  return { happened, projector: new Projector(parts), stopping };
}

describe('Projector', () => {
  test('commits a batch only when its dead letters and its views are stored', async () => {
    const { happened, projector, stopping } = scene([
      [message(1n), message(2n, false), message(3n)],
      [message(4n)],
    ]);
    await projector.run(stopping.signal);
    expect(happened).toEqual(['dead 2', 'views 1,3', 'commit', 'views 4', 'commit']);
    expect(projector.counts).toEqual({ events: 4, views: 3, deadLetters: 1 });
  });

  test('writes again until it works; meanwhile it tells of the problem, and nothing is committed', async () => {
    const { happened, projector, stopping } = scene([[message(1n)]], { write: 2 });
    const running = projector.run(stopping.signal);
    while (happened.length === 0) await new Promise(setImmediate);
    expect(projector.problems).toEqual(['storing views: away']);
    await running;
    expect(happened).toEqual(['failed', 'failed', 'views 1', 'commit']);
    expect(projector.problems).toEqual([]);
  });

  test('a stop while a server is away commits nothing', async () => {
    const { happened, projector, stopping } = scene([[message(1n)], [message(2n)]], { write: 1_000 });
    const running = projector.run(stopping.signal);
    while (happened.length === 0) await new Promise(setImmediate);
    stopping.abort();
    await running;
    expect(happened).not.toContain('commit');
  });

  test('a view that MongoDB refuses is handed on, and the others are stored', async () => {
    const { happened, projector, stopping } = scene([[message(1n), message(2n), message(3n)]], {
      refused: 2n,
    });
    await projector.run(stopping.signal);
    expect(happened).toEqual(['views 1,2,3', 'dead 2', 'commit']);
    expect(projector.counts).toEqual({ events: 3, views: 2, deadLetters: 1 });
  });

  test('views wait for dead letters that cannot be stored yet', async () => {
    const { happened, projector, stopping } = scene([[message(1n), message(2n, false)]], { send: 1 });
    await projector.run(stopping.signal);
    expect(happened).toEqual(['dead 2', 'views 1', 'commit']);
  });
});
