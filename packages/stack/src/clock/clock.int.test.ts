import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ClockUnavailableError } from '../errors.ts';
import { oneRow, withConnection } from '../parts/mysql/check.ts';
import { startProcess, type LogLine, type OwnProcess } from '../process/own-process.ts';
import { startStack, type StackOptions } from '../stack/start.ts';
import type { Stack } from '../stack/stack.ts';
import { scratch } from '../testing/scratch.ts';
import type { StackClock } from './clock.ts';

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;
const file = fileURLToPath(new URL('../testing/tell-time.ts', import.meta.url));
const place = scratch();
const options: StackOptions = {
  name: 'clocked',
  checkoutRoot: place.root,
  shards: 1,
  parts: ['mysql'],
  ephemeral: true,
  clock: true,
  env: place.env,
};

afterAll(async () => place.remove());

describe('a clock that jumps', () => {
  let stack: Stack;
  let clock: StackClock;
  const running: OwnProcess[] = [];

  beforeAll(async () => {
    stack = await startStack(options);
    clock = stack.clock!;
  });
  afterAll(async () => {
    await Promise.all(running.map(async (each) => each.stop()));
    const { pid } = stack.part('mysql-0');
    await stack.stop();
    expect(existsSync(`/dev/shm/faketime_shm_${pid}`)).toBe(false);
  });

  async function start(env: Readonly<Record<string, string>>): Promise<OwnProcess> {
    const started = await startProcess({ file, env });
    running.push(started);
    return started;
  }

  /** The time that the server sees, Unix milliseconds, asked for within the real time that is returned with it. */
  async function serverTime(): Promise<number> {
    return withConnection(stack.part('mysql-0').url, async (connection) => {
      const { ms } = await oneRow(connection, 'SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS ms');
      return Number(ms);
    });
  }

  const tickAfter = async (process: OwnProcess, time: number): Promise<LogLine> =>
    process.logged((line) => line['msg'] === 'tick' && Number(line['time']) >= time);

  test('is seen in mysqld and in a Node process that run, while their timers go on', async () => {
    const node = await start(clock.env);
    const first = await tickAfter(node, 0);
    await withConnection(stack.part('mysql-0').url, async (connection) => {
      const waited = oneRow(connection, 'SELECT SLEEP(0.5) AS woken');
      const target = new Date(clock.now().getTime() + DAY_MS);
      clock.jumpTo(target);
      expect(await serverTime()).toBeGreaterThanOrEqual(target.getTime());
      const jumped = await tickAfter(node, target.getTime());
      const later = await tickAfter(node, Number(jumped['time']) + 300);
      // By the monotonic clock hardly any time has gone between two ticks that are a day apart.
      expect(Number(later['sinceMs']) - Number(first['sinceMs'])).toBeLessThan(DAY_MS / 2);
      expect(Number(jumped['time']) - Number(first['time'])).toBeGreaterThanOrEqual(DAY_MS - 1);
      expect(await waited).toEqual({ woken: 0 });
    });
  });

  test('runs on between jumps, and not for the process that sets it', async () => {
    const before = await serverTime();
    while ((await serverTime()) < before + 20);
    expect(await serverTime()).toBeLessThan(before + DAY_MS);
    const own = Date.now();
    expect(clock.now().getTime() - own).toBeGreaterThanOrEqual(DAY_MS - 1);
  });

  test('can be seen a while ahead by one process, through jumps', async () => {
    const fast = await start(clock.skewed(10_000));
    const target = new Date(clock.now().getTime() + DAY_MS);
    clock.jumpTo(target);
    await tickAfter(fast, target.getTime() + 10_000);
    expect(await serverTime()).toBeLessThan(target.getTime() + 10_000);
  });

  test('never goes back', () => {
    expect(() => clock.jumpTo(new Date())).toThrow(/past/);
    expect(() => clock.jumpTo(new Date(Number.NaN))).toThrow(RangeError);
  });

  test('survives a server that is started again', async () => {
    await stack.part('mysql-0').restart();
    expect((await serverTime()) - Date.now()).toBeGreaterThan(DAY_MS);
  });
});

test('it is refused where servers cannot have one', async () => {
  const env = { ...place.env, ORDERSHARD_MYSQL_URLS: 'mysql://user:password@127.0.0.1:1/orders' };
  await expect(startStack({ ...options, name: 'theirs', env })).rejects.toThrow(ClockUnavailableError);
  const docker = { ...place.env, ORDERSHARD_STACK_WAY: 'docker' };
  await expect(startStack({ ...options, name: 'boxed', env: docker })).rejects.toThrow(/docker/);
});
