import { describe, expect, test } from '@jest/globals';
import { RouterError, type ShardRouter, sql, type Unit } from '../index.ts';

const SQL = '0; SET SESSION TRANSACTION READ WRITE; DROP TABLE victim; SELECT 1 WHERE 1 = 0 AND 1 ';

/** What JavaScript can pass where a number, a shard, a function or options belong. */
export const HOSTILE: [string, unknown][] = [
  ['SQL', SQL],
  ['an expression of SQL', '1+SLEEP(0)'],
  ['a number as text', '252733717917847552'],
  ['an empty text', ''],
  ['half a surrogate pair', '\ud800'],
  ['a long text', 'x'.repeat(10_000)],
  ['an object with toString', { toString: () => SQL, valueOf: () => SQL, toJSON: () => SQL }],
  [
    'an object whose toString throws',
    {
      toString: () => {
        throw new Error('hostile');
      },
    },
  ],
  ['an array', [SQL]],
  ['NaN', Number.NaN],
  ['a float', 1.5],
  ['a negative number', -1],
  ['an integer', 7],
  ['a large number', 1e300],
  ['a negative bigint', -1n],
  ['2^63 - 1', 2n ** 63n - 1n],
  ['2^63', 2n ** 63n],
  ['2^70', 2n ** 70n],
  ['a symbol', Symbol(SQL)],
  ['null', null],
  ['true', true],
  ['an object that inherits', Object.create({ number: SQL, key: SQL, timeoutMs: SQL, role: SQL })],
  ['an object of another kind', { numbr: 1n, strategy: SQL }],
  ['a date', new Date(Number.NaN)],
];

/** Values that a text key may be. */
const KEYS = new Set(['SQL', 'an expression of SQL', 'a number as text']);

type Call = (value: never) => unknown;
const fn = () => undefined;
const unit = (): Unit => ({ statements: [sql`UPDATE notes SET body = body WHERE number = ${0n}`] });
const query = sql`SELECT 1 AS one`;
const session = (s: { query(text: string): unknown }) => s.query('SELECT 1 AS one');

/**
 * Every method of a router, with a hostile value in each place.
 *
 * @param of returns the router, and a number of its shard 0
 */
export function hostileCalls(
  of: () => { readonly router: ShardRouter; readonly good: bigint },
): Record<string, [string, Call][]> {
  return {
    bucketOf: [['any key', (v) => of().router.bucketOf(v)]],
    shardOf: [['any key', (v) => of().router.shardOf(v)]],
    drawNumber: [['shard', (v) => of().router.drawNumber(v)]],
    drawNumberFor: [['key', (v) => of().router.drawNumberFor(v)]],
    keyGenerationOf: [['number', (v) => of().router.keyGenerationOf(v)]],
    withKey: [
      ['any key', (v) => of().router.withKey(v, fn)],
      ['key', (v) => of().router.withKey({ key: v }, fn)],
      ['text', (v) => of().router.withKey({ text: v }, fn)],
      ['any number', (v) => of().router.withKey({ number: v }, fn)],
      ['function', (v) => of().router.withKey(of().good, v)],
      ...options((v) => of().router.withKey(of().good, fn, v), ['role', 'timeoutMs', 'locked']),
    ],
    withShard: [
      ['shard', (v) => of().router.withShard(v, fn)],
      ['function', (v) => of().router.withShard(0, v)],
      ...options((v) => of().router.withShard(0, fn, v), ['role', 'timeoutMs', 'locked']),
    ],
    outside: [['function', (v) => of().router.outside(v)]],
    sharded: [
      ['function', (v) => of().router.sharded(v, fn)],
      ['function', (v) => of().router.sharded(() => of().good, v)],
      ['any key', (v) => of().router.sharded(() => v, fn)()],
      ...options((v) => of().router.sharded(() => of().good, fn, v), ['role', 'timeoutMs', 'locked']),
    ],
    transaction: [
      ...targets(
        (v) => of().router.transaction(v, fn),
        () => of().good,
      ),
      ['function', (v) => of().router.transaction({ number: of().good }, v)],
      ...options(
        (v) => of().router.transaction({ number: of().good }, fn, v),
        ['role', 'timeoutMs', 'locked'],
      ),
    ],
    write: [
      ...targets(
        (v) => of().router.write(v, unit),
        () => of().good,
      ),
      ['function', (v) => of().router.write({ number: of().good }, v)],
      ['unit', (v) => of().router.write({ number: of().good }, () => v)],
      ['unit', (v) => of().router.write({ number: of().good }, () => ({ statements: v }))],
      ['unit', (v) => of().router.write({ number: of().good }, () => ({ statements: [v] }))],
      ...options((v) => of().router.write({ number: of().good }, unit, v), ['timeoutMs', 'merge']),
    ],
    read: [
      ['number', (v) => of().router.read(v, session)],
      ['any number', (v) => of().router.read({ number: v }, session)],
      ['text', (v) => of().router.read({ text: v }, session)],
      ['function', (v) => of().router.read(of().good, v)],
      ...options((v) => of().router.read(of().good, session, v), ['role', 'timeoutMs', 'locked']),
    ],
    readRows: [
      ['number', (v) => of().router.readRows(v, query)],
      ['any number', (v) => of().router.readRows({ number: v }, query)],
      ['text', (v) => of().router.readRows({ text: v }, query)],
      ['query', (v) => of().router.readRows(of().good, v)],
      ['query', (v) => of().router.readRows(of().good, { sql: v, values: [] })],
      ['value', (v) => of().router.readRows(of().good, { sql: 'SELECT ? AS one', values: [v] })],
      ['query', (v) => of().router.readRows(of().good, { sql: 'SELECT 1 AS one', values: v })],
      ...options((v) => of().router.readRows(of().good, query, v), ['role', 'timeoutMs', 'locked']),
    ],
    readEarlier: [
      ['key', (v) => of().router.readEarlier(v, { number: of().good, lifetimeMs: 1 }, query)],
      ['number', (v) => of().router.readEarlier('k', { number: v, lifetimeMs: 1 }, query)],
      ['options', (v) => of().router.readEarlier('k', { number: of().good, lifetimeMs: v }, query)],
      ['options', (v) => of().router.readEarlier('k', v, query)],
      ['look', (v) => of().router.readEarlier('k', { number: of().good, lifetimeMs: 1 }, v)],
    ],
    onShard: [
      ['shard', (v) => of().router.onShard(v, (s) => s.query('SELECT 1'))],
      ['function', (v) => of().router.onShard(0, v)],
    ],
  };
}

/** A target in a hostile form, or with a hostile part. */
function targets(call: Call, good: () => bigint): [string, Call][] {
  const withPart = (part: object) => call(part as never);
  return [
    ['target', call],
    ['number', (v) => withPart({ number: v })],
    ['key', (v) => withPart({ key: v })],
    ['text', (v) => withPart({ text: v })],
    ['option', (v) => withPart({ number: good(), keyGeneration: v })],
    ['option', (v) => withPart({ number: good(), fresh: v })],
    ['option', (v) => withPart({ number: good(), [typeof v === 'symbol' ? 'hostile' : `x${typeof v}`]: v })],
    [
      'number',
      (v) =>
        withPart({
          key: 'k',
          get number() {
            return v;
          },
        }),
    ],
  ];
}

function options(call: Call, names: readonly string[]): [string, Call][] {
  return [
    ['options', call],
    ['option', (v) => call({ hostile: v } as never)],
    ...names.map((name): [string, Call] => ['option', (v) => call({ [name]: v } as never)]),
  ];
}

/** Whether a place accepts a value as it is. */
function fits(place: string, name: string, value: unknown): boolean {
  const object = name.startsWith('an object');
  switch (place) {
    case 'key':
    case 'text':
    case 'any key':
      // A text that ends with a blank is no text key.
      return KEYS.has(name) && (place === 'key' || name !== 'SQL');
    case 'any number':
      return name === 'a number as text';
    case 'shard':
      return value === 0 || value === 1;
    case 'value':
      return !object && !['an array', 'NaN', 'a symbol', 'a date', 'half a surrogate pair'].includes(name);
    case 'look':
      // In a cluster of one epoch, `readEarlier` sends no query.
      return typeof value === 'object';
    case 'query':
      return name === 'an array';
    case 'options':
      // An object without own names is one without options, and an amount of time is any number from 0 on.
      return ['an object that inherits', 'a date'].includes(name) || typeof value === 'number';
    default:
      return place === 'option' && (value === true || typeof value === 'number' || typeof value === 'bigint');
  }
}

/** How a call ended: `threw` is set when it threw instead of rejecting. */
async function outcome(
  call: () => unknown,
): Promise<{ threw?: unknown; rejected?: unknown; promise: boolean }> {
  let value: unknown;
  try {
    value = call();
  } catch (threw) {
    return { threw, promise: false };
  }
  const promise = value instanceof Promise;
  try {
    await value;
    return { promise };
  } catch (rejected) {
    return { rejected, promise };
  }
}

const SYNC = new Set([
  'bucketOf',
  'shardOf',
  'drawNumber',
  'drawNumberFor',
  'keyGenerationOf',
  'outside',
  'sharded',
]);

/**
 * Tests that no method takes a hostile value for anything but what it is: it throws or rejects with a type, or takes a value
 * that it may.
 */
export function testHostileCalls(calls: Record<string, [string, Call][]>): void {
  describe.each(Object.entries(calls))('%s', (method, places) => {
    test.each(HOSTILE)('takes %s for nothing but what it is', async (name, value) => {
      for (const [place, call] of places) {
        const seen = await outcome(() => call(value as never));
        const error = seen.threw ?? seen.rejected;
        const what = { method, place, name };
        if (!SYNC.has(method)) expect({ ...what, threw: seen.threw }).toEqual({ ...what, threw: undefined });
        if (error === undefined)
          expect({ ...what, fits: fits(place, name, value) }).toEqual({ ...what, fits: true });
        else {
          const typed = error instanceof RouterError;
          expect({ ...what, typed, error: typed ? undefined : error }).toEqual({ ...what, typed: true });
          expect((error as RouterError).code).toMatch(
            /INVALID_(KEY|OPTION|UNIT|VALUE)|UNKNOWN_SHARD|NUMBERS_UNAVAILABLE|SHARD_UNAVAILABLE|DEADLINE|UNKNOWN_OUTCOME/,
          );
        }
      }
    });
  });
}
