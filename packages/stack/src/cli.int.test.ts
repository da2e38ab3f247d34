import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { scratch, until } from './testing/scratch.ts';

jest.setTimeout(60_000);

const place = scratch();
afterAll(async () => place.remove());

/** Starts the command line as a user does. */
function stack(words: string[], env: Record<string, string> = {}) {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', cli, ...words, '--root', place.root], {
    env: { ...place.env, ...env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status: status as number | null, stdout, stderr }),
  );
  return { child, ended };
}

describe('the command line', () => {
  test('tells all that is missing in one message, and leaves nothing', async () => {
    const bare = {
      PATH: '/nonexistent',
      ORDERSHARD_CACHE: join(place.root, 'empty-cache'),
      ORDERSHARD_STACK_WAY: 'native',
    };
    const { status, stderr } = await stack(['up'], bare).ended;
    expect(status).toBe(1);
    expect(stderr.match(/could not be started/g)).toHaveLength(3);
    for (const part of ['MySQL 9', 'Kafka', 'MongoDB']) expect(stderr).toContain(part);
    expect(stderr).toContain('native: java is not installed');
    expect(stderr).toContain('native: pip is not installed');
    expect(stderr).toContain('apt-get install default-jre-headless');
    expect(stderr).toContain('set ORDERSHARD_MYSQL_URLS to a server of your own');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(place.exists('default')).toBe(false);
  });

  test('refuses a way that there is not', async () => {
    const { status, stderr } = await stack(['up'], { ORDERSHARD_STACK_WAY: 'podman' }).ended;
    expect(status).toBe(1);
    expect(stderr.trim()).toBe('ORDERSHARD_STACK_WAY is "podman"; it can be auto, docker or native');
  });

  test('says what to do where no stack runs', async () => {
    const [shown, token] = await Promise.all([
      stack(['status']).ended,
      stack(['token', '--role', 'member', '--subject', 'm-1']).ended,
    ]);
    expect(shown).toMatchObject({ status: 1, stderr: expect.stringContaining('npm run stack -- up') });
    expect(token).toMatchObject({ status: 1, stderr: expect.stringContaining('npm run stack -- up') });
  });

  test('ends what it has started when it is interrupted', async () => {
    const { child, ended } = stack(['up', '--name', 'interrupted', '--shards', '1']);
    await until('a server runs', () => place.processesOf('interrupted').length > 0);
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    expect(status).toBe(1);
    expect(stderr).toContain('SIGINT: ending what was started');
    expect(place.processesOf('interrupted')).toEqual([]);
  });
});
