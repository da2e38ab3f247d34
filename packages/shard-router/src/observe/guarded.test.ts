import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { allOf } from './all-of.ts';
import { guarded } from './guarded.ts';
import type { Observation, RouterObserver } from './observer.ts';
import { telemetryOf } from './telemetry.ts';

let warn: ReturnType<typeof silenced>;

function silenced() {
  return jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
}

beforeEach(() => {
  warn = silenced();
});

afterEach(() => {
  warn.mockRestore();
});

function fail(): never {
  throw new Error('observer');
}

/** An observation whose `within` is given. */
function withWithin(within: (fn: () => unknown) => unknown): RouterObserver {
  const observation = { end: () => undefined, within } as Observation<never>;
  return guarded({ statement: () => observation });
}

const START = { shard: 0, role: 'writer', kind: 'read' } as const;

test('every method may throw: the process is warned once of each', () => {
  const observer = guarded({
    connectionAcquired: fail,
    statement: fail,
    transaction: () => ({ end: fail }),
    fenceRejected: fail,
    mapReloaded: fail,
    breakerChanged: fail,
    failedOver: fail,
    numbersDrawn: fail,
  });
  for (let i = 0; i < 2; i += 1) {
    observer.connectionAcquired!(0, 'writer', 1, undefined);
    observer.statement!(START).end({ error: undefined });
    observer.transaction!({ shard: 0 }).end({
      shard: 0,
      outcome: 'committed',
      attempts: 1,
      error: undefined,
    });
    observer.fenceRejected!(0, 'shut');
    observer.mapReloaded!(1, undefined);
    observer.breakerChanged!(0, true);
    observer.failedOver!(0);
    observer.numbersDrawn!(1);
  }
  expect(warn).toHaveBeenCalledTimes(8);
});

test('a promise that an observer gives is not left to fail unheard', async () => {
  const unhandled = jest.fn();
  process.once('unhandledRejection', unhandled);
  guarded({ numbersDrawn: () => Promise.reject(new Error('later')) as never }).numbersDrawn!(1);
  await new Promise(setImmediate);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect(warn).toHaveBeenCalledTimes(1);
});

test('what an observer does not have stays absent', () => {
  expect(guarded({ numbersDrawn: fail })).toEqual({ numbersDrawn: expect.any(Function) });
  expect(guarded({ statement: () => ({ end: fail }) }).statement!(START)).not.toHaveProperty('within');
});

test('methods keep their this', () => {
  class Counting {
    count = 0;
    numbersDrawn(count: number): void {
      this.count += count;
    }
  }
  const counting = new Counting();
  guarded(counting).numbersDrawn!(3);
  expect(counting.count).toBe(3);
});

test('one of several that throws keeps nothing from the others', () => {
  const drawn = jest.fn();
  allOf({ numbersDrawn: fail }, { numbersDrawn: drawn }).numbersDrawn!(2);
  expect(drawn).toHaveBeenCalledWith(2);
});

describe('what runs within an observation runs once, and ends as it would alone', () => {
  test.each<[string, (fn: () => unknown) => unknown]>([
    ['as it should', (fn) => fn()],
    ['not at all', () => undefined],
    ['twice', (fn) => [fn(), fn()]],
    ['then throws', (fn) => [fn(), fail()]],
    ['throws first', fail],
  ])('an observer that calls it %s', (_, within) => {
    const inside = jest.fn(() => 7);
    expect(withWithin(within).statement!(START).within!(inside)).toBe(7);
    expect(inside).toHaveBeenCalledTimes(1);
  });

  test('its own error comes through, and is no failure of the observer', () => {
    const observation = withWithin((fn) => fn()).statement!(START);
    expect(() =>
      observation.within!(() => {
        throw new TypeError('inside');
      }),
    ).toThrow(TypeError);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('a comment', () => {
  test('names the shard and what the caller adds', () => {
    const { comment } = telemetryOf(undefined, () => ({ request: 'a*/7', session: undefined }));
    expect(comment!('SELECT 1', 3)).toBe('SELECT 1 /* shard=3 request=a%2A%2F7 */');
  });

  test.each([
    ['throws', fail],
    ['gives a name that is none', () => ({ 'no name': 1 })],
  ])('is left out when its function %s', (_, tags) => {
    const { comment } = telemetryOf(undefined, tags);
    expect(comment!('SELECT 1', 3)).toBe('SELECT 1');
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
