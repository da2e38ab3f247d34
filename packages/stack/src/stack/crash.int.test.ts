import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { startProcess } from '../process/own-process.ts';
import { scratch, until } from '../testing/scratch.ts';
import { downStack } from './down.ts';
import { startStack, type StackOptions } from './start.ts';

jest.setTimeout(60_000);

const place = scratch();
afterAll(async () => place.remove());

/** Starts a stack of one quick part from a process of its own. */
function starter(options: StackOptions) {
  const file = fileURLToPath(new URL('../testing/start-and-stay.ts', import.meta.url));
  const described = { checkoutRoot: place.root, parts: ['mongodb'], env: place.env, ...options };
  return startProcess({ file, args: [JSON.stringify(described)], env: place.env });
}

describe('a process that is killed with -9', () => {
  test('takes its ephemeral stack with it, data and all', async () => {
    const owner = await starter({ name: 'short', ephemeral: true });
    expect(place.processesOf('short')).toHaveLength(1);
    await owner.kill('SIGKILL');
    await until('the servers are gone', () => place.processesOf('short').length === 0);
    await until('the data is gone', () => !place.exists('short'));
  });

  test('while it starts a stack leaves no server', async () => {
    const starting = starter({ name: 'cut' });
    starting.catch(() => undefined);
    await until(
      'a server runs',
      () => place.processesOf('cut').length > 0 && place.state('cut')?.phase === 'starting',
    );
    const pid = place.state('cut')?.starter?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await expect(starting).rejects.toThrow(/SIGKILL/);
    await until('the server is gone', () => place.processesOf('cut').length === 0);
  });

  test('after it has started a stack leaves it running, and another process takes it over and ends it', async () => {
    const owner = await starter({ name: 'stays' });
    await owner.kill('SIGKILL');
    const before = place.processesOf('stays');
    expect(before).toHaveLength(1);
    const stack = await startStack({ name: 'stays', checkoutRoot: place.root, env: place.env });
    expect(stack.parts.map((part) => part.pid)).toEqual(before);
    await stack.stop();
    expect(place.processesOf('stays')).toEqual([]);
    expect(place.exists('stays')).toBe(false);
  });

  test('together with its guardian leaves servers that down ends', async () => {
    const owner = await starter({ name: 'orphaned', ephemeral: true });
    const guardian = place.state('orphaned')?.guardian?.pid ?? 0;
    process.kill(guardian, 'SIGKILL');
    await owner.kill('SIGKILL');
    expect(place.processesOf('orphaned')).toHaveLength(1);
    expect(await downStack(place.root, 'orphaned')).toEqual({ name: 'orphaned', found: true, ended: 1 });
    expect(place.processesOf('orphaned')).toEqual([]);
    expect(place.exists('orphaned')).toBe(false);
  });
});

test('a start that is given up ends what it has started', async () => {
  const giveUp = new AbortController();
  const starting = startStack({
    name: 'given-up',
    checkoutRoot: place.root,
    parts: ['mongodb'],
    env: place.env,
    signal: giveUp.signal,
  });
  starting.catch(() => undefined);
  await until('a server runs', () => place.processesOf('given-up').length > 0);
  giveUp.abort();
  await expect(starting).rejects.toThrow(/was given up/);
  expect(place.processesOf('given-up')).toEqual([]);
});
