import { EventEmitter, once } from 'node:events';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { pipeline } from 'node:stream/promises';
import { Readable, Transform } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { CarrierFactory } from './carrier.ts';

interface Frame {
  readonly name: string;
}

/** What every carrier must do, whatever it is built on. */
export function carrierContract(name: string, factory: CarrierFactory): void {
  const outer: Frame = { name: 'outer' };
  // Work that was begun before any scope, as a socket's is that answers later.
  const outside = new AsyncResource('outside');
  const fromOutside = (fn: () => void) => outside.runInAsyncScope(() => setImmediate(fn));
  const eventFromOutside = () => {
    const emitter = new EventEmitter();
    fromOutside(() => emitter.emit('event'));
    return emitter;
  };

  describe(`carrier: ${name}`, () => {
    const carrier = factory<Frame>();
    const current = () => carrier.current();

    test('has no frame outside, one inside, and none again after', () => {
      expect(current()).toBeUndefined();
      expect(carrier.run(outer, current)).toBe(outer);
      expect(current()).toBeUndefined();
    });

    test('leaves the frame for what runs without one', async () => {
      await carrier.run(outer, async () => {
        expect(carrier.run(undefined, current)).toBeUndefined();
        await carrier.run(undefined, async () => {
          await Promise.resolve();
          expect(current()).toBeUndefined();
        });
        expect(current()).toBe(outer);
      });
    });

    test('gives what the function gives, and throws what it throws', async () => {
      expect(carrier.run(outer, () => 7)).toBe(7);
      await expect(carrier.run(outer, () => Promise.resolve(8))).resolves.toBe(8);
      const failure = new Error('planned');
      expect(() =>
        carrier.run(outer, () => {
          throw failure;
        }),
      ).toThrow(failure);
      await expect(carrier.run(outer, () => Promise.reject(failure))).rejects.toBe(failure);
      expect(current()).toBeUndefined();
    });

    test.each<[string, () => Promise<unknown>]>([
      ['a promise', () => Promise.resolve()],
      ['a rejected promise', () => Promise.reject(new Error('planned')).catch(() => undefined)],
      ['a next tick', () => new Promise((resolve) => process.nextTick(resolve))],
      ['a microtask', () => new Promise<void>((resolve) => queueMicrotask(resolve))],
      ['an immediate', () => new Promise((resolve) => setImmediate(resolve))],
      ['a timer', () => new Promise((resolve) => setTimeout(resolve, 1))],
      ['a promise that is settled from outside', () => new Promise<void>((resolve) => fromOutside(resolve))],
      ['an event from outside', () => once(eventFromOutside(), 'event')],
    ])('survives %s', async (_, wait) => {
      await carrier.run(outer, async () => {
        await wait();
        expect(current()).toBe(outer);
      });
      expect(current()).toBeUndefined();
    });

    test('survives callbacks of timers and ticks', async () => {
      const seen = await carrier.run(outer, () =>
        Promise.all(
          [
            (done: () => void) => setTimeout(done, 1),
            (done: () => void) => setImmediate(done),
            (done: () => void) => process.nextTick(done),
            (done: () => void) => queueMicrotask(done),
          ].map((later) => new Promise((resolve) => later(() => resolve(current())))),
        ),
      );
      expect(seen).toEqual([outer, outer, outer, outer]);
    });

    test('a bound callback runs in the frame that it was bound in, with its arguments, wherever it is called', async () => {
      const called = new Promise<unknown>((resolve) => {
        const bound = carrier.run(outer, () =>
          carrier.bind((a: number, b: number) => resolve([a, b, current()])),
        );
        fromOutside(() => carrier.run({ name: 'another' }, () => bound(1, 2)));
      });
      await expect(called).resolves.toEqual([1, 2, outer]);
    });

    test('a callback that was bound outside every scope runs outside', () => {
      const bound = carrier.bind(() => current());
      expect(carrier.run(outer, bound)).toBeUndefined();
    });

    test('a bound callback gives what it gives, and leaves the frame around its caller', () => {
      const inner: Frame = { name: 'inner' };
      const bound = carrier.run(inner, () => carrier.bind((value: number) => value + 1));
      expect(
        carrier.run(outer, () => {
          expect(bound(1)).toBe(2);
          return current();
        }),
      ).toBe(outer);
    });

    test("a bound callback keeps the application's own context too", () => {
      const application = new AsyncLocalStorage<string>();
      const bound = application.run('request 1', () => carrier.bind(() => application.getStore()));
      expect(application.run('request 2', bound)).toBe('request 1');
    });

    test('listeners run in the frame of whoever emits, bound ones in their own', () => {
      const emitter = new EventEmitter();
      const seen: (Frame | undefined)[] = [];
      carrier.run(outer, () => {
        emitter.on('event', () => seen.push(current()));
        emitter.on(
          'event',
          carrier.bind(() => seen.push(current())),
        );
      });
      const emitting: Frame = { name: 'emitting' };
      carrier.run(emitting, () => emitter.emit('event'));
      expect(seen).toEqual([emitting, outer]);
    });

    test('survives streams', async () => {
      const seen = new Set<Frame | undefined>();
      const look = <T>(value: T): T => {
        seen.add(current());
        return value;
      };
      await carrier.run(outer, async () => {
        await pipeline(
          Readable.from(['a', 'b', 'c']),
          new Transform({
            objectMode: true,
            transform: (chunk, _encoding, done) => done(null, look(chunk)),
          }),
          async (chunks: AsyncIterable<unknown>) => {
            for await (const chunk of chunks) look(chunk);
          },
        );
        look(undefined);
      });
      expect([...seen]).toEqual([outer]);
    });

    test('a nested scope has its own frame, and the outer one is back when it ends or fails', async () => {
      const inner: Frame = { name: 'inner' };
      await carrier.run(outer, async () => {
        await carrier.run(inner, async () => {
          await Promise.resolve();
          expect(current()).toBe(inner);
        });
        expect(current()).toBe(outer);
        await expect(
          carrier.run(inner, async () => {
            await Promise.resolve();
            throw new Error('planned');
          }),
        ).rejects.toThrow('planned');
        expect(current()).toBe(outer);
        expect(() =>
          carrier.run(inner, () => {
            throw new Error('planned');
          }),
        ).toThrow('planned');
        expect(current()).toBe(outer);
      });
    });

    test('siblings that run at once, with siblings of their own, never see a frame of each other', async () => {
      const wander = async (path: string, depth: number): Promise<void> => {
        const frame: Frame = { name: path };
        await carrier.run(frame, async () => {
          for (let turn = 0; turn < 3; turn += 1) {
            await new Promise<void>((resolve) => (turn === 1 ? fromOutside(resolve) : setImmediate(resolve)));
            expect(current()).toBe(frame);
          }
          if (depth === 0) return;
          await Promise.all([0, 1, 2].map((branch) => wander(`${path}.${branch}`, depth - 1)));
          expect(current()).toBe(frame);
        });
      };
      await carrier.run(outer, async () => {
        await Promise.allSettled([
          wander('left', 2),
          wander('right', 2),
          carrier.run({ name: 'failing' }, () => Promise.reject(new Error('planned'))),
        ]).then((results) =>
          expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']),
        );
        expect(current()).toBe(outer);
      });
    });

    test('work that nobody waits for keeps its frame after the scope', async () => {
      let left: Promise<Frame | undefined> | undefined;
      carrier.run(outer, () => {
        left = (async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return current();
        })();
      });
      expect(current()).toBeUndefined();
      await expect(left).resolves.toBe(outer);
    });

    test('two carriers never see frames of each other', () => {
      const other = factory<Frame>();
      carrier.run(outer, () => {
        expect(other.current()).toBeUndefined();
        other.run({ name: 'other' }, () => expect(current()).toBe(outer));
      });
    });
  });
}
