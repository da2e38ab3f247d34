import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BackPressure } from './back-pressure.ts';

/** Refusals a second that are given at once. */
const AT_ONCE = 2_000;

/** A connection that counts how often it was left and read again. */
class Connection {
  left = 0;
  read = 0;
  pause() {
    this.left += 1;
  }
  resume() {
    this.read += 1;
  }
}

let room = 0;
let pressure: BackPressure;

beforeEach(() => {
  jest.useFakeTimers();
  room = 0;
  pressure = new BackPressure({ room: () => room, now: () => performance.now() });
});

afterEach(() => {
  jest.useRealTimers();
});

/** Refuses a request on each of some connections that are new. */
function refuse(count: number): Connection[] {
  const connections = Array.from({ length: count }, () => new Connection());
  for (const connection of connections) pressure.refused(connection as unknown as Socket);
  return connections;
}

const readOf = (connections: readonly Connection[]) => connections.filter(({ read }) => read > 0);

test('as long as few are refused, every connection is read', async () => {
  for (let second = 0; second < 3; second += 1) {
    const connections = refuse(AT_ONCE);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(connections.every(({ left }) => left === 0)).toBe(true);
  }
  expect(pressure.waiting).toBe(0);
});

test('what is refused beyond that is left, and read again in its order, as fast as it can be refused', async () => {
  refuse(AT_ONCE);
  const connections = refuse(5_000);
  expect(pressure.waiting).toBe(5_000);
  await jest.advanceTimersByTimeAsync(0);
  expect(connections.every(({ left }) => left === 1)).toBe(true);
  // Refused again as they are read.
  let known = 0;
  for (let passed = 0; passed < 1_000; passed += 5) {
    await jest.advanceTimersByTimeAsync(5);
    const read = readOf(connections);
    refuse(read.length - known);
    known = read.length;
  }
  expect(known).toBeGreaterThan(AT_ONCE * 0.9);
  expect(known).toBeLessThan(AT_ONCE * 1.1);
  expect(readOf(connections.slice(0, known))).toHaveLength(known);
});

test('room is filled from those that wait', async () => {
  refuse(AT_ONCE);
  const connections = refuse(5_000);
  room = 700;
  await jest.advanceTimersByTimeAsync(5);
  expect(readOf(connections).length).toBeGreaterThanOrEqual(700);
  room = 10_000;
  await jest.advanceTimersByTimeAsync(5);
  expect(readOf(connections)).toHaveLength(5_000);
  expect(pressure.waiting).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
});
