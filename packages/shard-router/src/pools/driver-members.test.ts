import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Pool, PoolConnection } from 'mysql2';
import {
  type Pool as PromisePool,
  PoolConnection as DriverPromiseConnection,
  type PoolConnection as PromisePoolConnection,
} from 'mysql2/promise';
import { RoutedConnection } from './routed-connection.ts';
import { RoutedPromiseConnection } from './routed-promise-connection.ts';
import { RoutingPool } from './routing-pool.ts';
import { RoutingPromisePool } from './routing-promise-pool.ts';
import type { REFUSED_METHODS } from './unsupported.ts';

type Refused = keyof typeof REFUSED_METHODS;
/** What the driver's type has and ours has not. */
type Missing<Theirs, Ours> = Exclude<keyof Theirs, keyof Ours | keyof EventEmitter | Refused>;
type AllMissing = [
  connection: Missing<PoolConnection, RoutedConnection>,
  promisedConnection: Missing<PromisePoolConnection, RoutedPromiseConnection>,
  pool: Missing<Pool, RoutingPool>,
  // Its type says that it is a connection too, which it is not when it runs.
  promisedPool: Exclude<Missing<PromisePool, RoutingPromisePool>, keyof PromisePoolConnection>,
];

/** Does not compile when a version of the driver has a member in its types that is not named here. */
const complete: AllMissing extends [never, never, never, never] ? true : AllMissing = true;

// The driver has no public entry to its classes of the callback kind.
const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('mysql2/package.json'));
const driver = (name: string) => require(join(folder, `lib/${name}.js`)) as { prototype: object };

/** The names that a prototype and those below it have, up to EventEmitter. */
function namesOf(prototype: object): string[] {
  const names = new Set<string>();
  for (let at = prototype; at.constructor.name !== 'EventEmitter'; at = Object.getPrototypeOf(at) as object) {
    for (const name of Reflect.ownKeys(at)) names.add(String(name));
  }
  names.delete('constructor');
  return [...names];
}

/** What begins with `_` is the driver's own; these alone are looked at by builders, or told by us. */
const INTERNAL = /^_/;

describe.each([
  ['a connection', driver('pool_connection').prototype, RoutedConnection.prototype],
  ['a promised connection', DriverPromiseConnection.prototype, RoutedPromiseConnection.prototype],
  ['a pool', driver('pool').prototype, RoutingPool.prototype],
  ['a promised pool', driver('promise/pool').prototype, RoutingPromisePool.prototype],
])('%s', (_, theirs, ours) => {
  test('has every member that the driver`s has, its own or refused', () => {
    const public_ = namesOf(theirs).filter((name) => !INTERNAL.test(name));
    expect(public_.length).toBeGreaterThan(5);
    expect(public_.filter((name) => !namesOf(ours).includes(name))).toEqual([]);
  });

  test('inherits none of them', () => {
    expect(Object.getPrototypeOf(ours)).toHaveProperty('constructor.name', 'EventEmitter');
  });
});

test('no member of the driver`s types is missing', () => {
  expect(complete).toBe(true);
});
