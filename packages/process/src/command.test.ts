import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { oneLine, visible } from './visible.ts';

const FIXTURE = fileURLToPath(new URL('command.fixture.ts', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ordershard-command-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs a command that meets something, with `lines` of its output read and no more. */
async function run(meets: string, lines = Infinity) {
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', FIXTURE, meets], {
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text.split('\n').length;
    if (seen > lines) child.stdout.destroy();
  });
  const [code] = (await once(child, 'exit')) as [number];
  return { code, stderr };
}

test('what nobody foresaw is one line with its code, and the file that has its stack', async () => {
  const runs = await Promise.all([run('unforeseen'), run('server error'), run('detached'), run('nothing')]);
  const files = runs.map(({ code, stderr }) => {
    expect(code).toBe(1);
    expect(stderr).toMatch(/^a-command: failed unexpectedly: .+ \(details: .+\.log\)\n$/);
    expect(stderr).not.toMatch(/\n.|[^\P{C}\n]| at /u);
    return /details: (.+)\)/.exec(stderr)![1]!;
  });
  expect(runs[0]!.stderr).toContain('a bug\\u001B[31m of ours');
  expect(runs[1]!.stderr).toContain('ER_NO_SUCH_TABLE: no such table');
  expect(runs[2]!.stderr).toContain('thrown beside');
  expect(await readFile(files[0]!, 'utf8')).toMatch(/TypeError: a bug[^]*at .*command\.fixture\.ts[^]*deep/);
});

test('settings that are refused give exit code 2, and a reader that stops reading is no failure', async () => {
  expect(await run('settings')).toEqual({
    code: 2,
    stderr: 'a-command: cannot start: ORDERSHARD_X: is not set\n',
  });
  expect(await run('a lot of output', 10)).toEqual({ code: 0, stderr: '' });
});

test('control characters are shown, and not sent to the terminal', () => {
  expect(visible('a\u001B[2Jb\n\t\u0007\u009B\u202Eé한')).toBe('a\\u001B[2Jb\\n\\t\\u0007\\u009B\\u202Eé한');
  expect(oneLine('one\n  two\n')).toBe('one two');
});
