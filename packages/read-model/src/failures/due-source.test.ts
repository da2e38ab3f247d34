import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Chunk, Source, SourceMessage } from '../projector/message.ts';
import { DueSource } from './due-source.ts';
import { type Provenance, withProvenance } from './provenance.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  jest.useRealTimers();
});

/** A message that is due so many milliseconds from now. */
function message(
  partition: number,
  offset: number,
  dueIn: number,
  more: Partial<Provenance> = {},
): SourceMessage {
  const failedAt = new Date(Date.now() - 500);
  const headers = withProvenance([], {
    topic: 't',
    partition,
    offset: BigInt(offset),
    firstFailedAt: failedAt,
    failedAt,
    attempts: 1,
    reason: 'X: x',
    release: 'r',
    due: new Date(Date.now() + dueIn),
    ...more,
  });
  return {
    key: undefined,
    value: undefined,
    headers: [...headers],
    topic: 't.retry.1',
    partition,
    offset: BigInt(offset),
  };
}

/** A source that hands over what it is told to, and notes which chunks are done. */
function scene(dealtWith: (messages: readonly SourceMessage[]) => Promise<void> = async () => undefined) {
  const stopping = new AbortController();
  const done: string[] = [];
  const handed: { readonly names: string[]; readonly chunk: Chunk }[] = [];
  let give: (chunk: Chunk) => void = () => undefined;
  const inner: Source = {
    problem: undefined,
    partitions: [0],
    standstills: [
      { partition: 0, text: 'zero' },
      { partition: 1, text: 'one' },
    ],
    read: (take, signal) =>
      new Promise((resolve) => {
        give = take;
        signal.addEventListener('abort', () => resolve());
      }),
    leave: async () => undefined,
  };
  const source = new DueSource(inner, { dealtWith }, { group: 'g', longestMs: 86_400_000 });
  const nameOf = ({ partition, offset }: SourceMessage) => `${partition}/${offset}`;
  const reading = source.read(
    (chunk) => handed.push({ names: chunk.messages.map(nameOf), chunk }),
    stopping.signal,
  );
  return {
    source,
    done,
    handed,
    names: () => handed.map(({ names }) => names),
    give: (name: string, ...messages: SourceMessage[]) => give({ messages, done: () => done.push(name) }),
    stop: async () => {
      stopping.abort();
      await reading;
    },
  };
}

test('each message is handed out when it is due, and no partition waits for another', async () => {
  const { give, names, stop } = scene();
  give('a', message(0, 1, 0), message(0, 2, 100), message(0, 3, 100), message(0, 4, 9_000));
  give('b', message(1, 1, 50));
  expect(names()).toEqual([['0/1']]);
  await jest.advanceTimersByTimeAsync(49);
  expect(names()).toEqual([['0/1']]);
  await jest.advanceTimersByTimeAsync(1);
  expect(names()).toEqual([['0/1'], ['1/1']]);
  await jest.advanceTimersByTimeAsync(50);
  expect(names()).toEqual([['0/1'], ['1/1'], ['0/2', '0/3']]);
  await jest.advanceTimersByTimeAsync(8_900);
  expect(names().at(-1)).toEqual(['0/4']);
  await stop();
});

test('a chunk is done when all of it is dealt with, in whichever order', async () => {
  const { give, handed, done, stop } = scene();
  give('a', message(0, 1, 0), message(0, 2, 100));
  await jest.advanceTimersByTimeAsync(100);
  handed[1]!.chunk.done();
  await jest.advanceTimersByTimeAsync(0);
  expect(done).toEqual([]);
  handed[0]!.chunk.done();
  await jest.advanceTimersByTimeAsync(0);
  expect(done).toEqual(['a']);
  await stop();
});

test('what cannot be noted is not done', async () => {
  const { give, handed, done, stop } = scene(async () => {
    throw new Error('away');
  });
  give('a', message(0, 1, 0));
  handed[0]!.chunk.done();
  await jest.advanceTimersByTimeAsync(0);
  expect(done).toEqual([]);
  await stop();
});

test('it tells what waits, and hands out nothing once it is stopped', async () => {
  const { source, give, names, stop } = scene();
  give('a', message(0, 1, 100), message(0, 2, 200));
  expect(source.waiting).toEqual({ messages: 2, oldest: new Date(Date.now() - 500) });
  await stop();
  expect(source.waiting.messages).toBe(0);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(names()).toEqual([]);
});

test('what another group has failed for is passed over', async () => {
  const { give, names, done, stop } = scene();
  give('a', message(0, 1, 0, { group: 'other' }), message(0, 2, 0, { group: 'g' }), message(0, 3, 0));
  give('b', message(0, 4, 0, { group: 'other' }));
  expect(names()).toEqual([['0/2', '0/3']]);
  expect(done).toEqual(['b']);
  await stop();
});

test('it is told what messages wait for once that is away for a while', async () => {
  const { source, give, stop } = scene();
  give('a', message(0, 1, 60_000, { awaits: 'orders', reason: 'X: shard 1' }), message(0, 2, 60_000));
  expect(source.awaiting).toEqual([]);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(source.awaiting).toEqual([
    't.retry.1: 1 messages wait for orders, the oldest since 1970-01-01T00:16:39.500Z: X: shard 1',
  ]);
  await stop();
});

test('a partition stands still when what was due is not dealt with, not while nothing is due', async () => {
  const { source, give, handed, stop } = scene();
  const standing = () => source.standstills.map(({ text }) => text);
  expect(standing()).toEqual(['zero', 'one']);
  give('a', message(0, 1, 1_000), message(0, 2, 500_000));
  expect(standing()).toEqual(['one']);
  await jest.advanceTimersByTimeAsync(27_000);
  expect(standing()).toEqual(['one']);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(standing()).toEqual(['zero', 'one']);
  handed[0]!.chunk.done();
  await jest.advanceTimersByTimeAsync(0);
  expect(standing()).toEqual(['one']);
  await stop();
});
