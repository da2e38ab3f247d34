import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { ProcessFailedError } from '../errors.ts';
import { identityOf } from './identity.ts';
import { runProcess, startProcess } from './own-process.ts';

jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'ordershard-process-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A program of the test's own. */
function program(name: string, text: string): string {
  const path = join(dir, `${name}.ts`);
  writeFileSync(path, text);
  return path;
}

const SAYS_READY = `console.log(JSON.stringify({ msg: 'ready', role: 'api', port: 123, word: process.env.WORD }));`;
const STAYS = 'setInterval(() => undefined, 1000);';

describe('a process of the project', () => {
  test('is had when it is ready, with its port and variables, and stops gracefully', async () => {
    const graceful = `process.on('SIGTERM', () => { console.log('{"msg":"stopped"}'); process.exit(0); });`;
    const own = await startProcess({
      file: program('good', `${graceful}${SAYS_READY}${STAYS}`),
      env: { WORD: 'yes' },
    });
    expect(own).toMatchObject({ port: 123, ready: { word: 'yes' } });
    await own.stop();
    expect(own.log.map((line) => line['msg'])).toEqual(['ready', 'stopped']);
    expect(identityOf(own.pid)).toBeNull();
  });

  test('that ends before it is ready fails with what it said', async () => {
    const starting = startProcess({
      file: program('bad', `console.error('no such table'); process.exit(3);`),
      env: {},
    });
    await expect(starting).rejects.toThrow(ProcessFailedError);
    await expect(starting).rejects.toThrow(/ended with status 3\nno such table/);
  });

  test('that is never ready is killed', async () => {
    const starting = startProcess({
      file: program('slow', `console.error(process.pid);${STAYS}`),
      env: {},
      readyWithinMs: 400,
    });
    const error = await starting.catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/was not ready within 0.4 s/);
    const pid = /^\d+$/m.exec(String(error))?.[0];
    if (pid !== undefined) expect(identityOf(Number(pid))).toBeNull();
  });

  test('that does not heed SIGTERM is killed and reported', async () => {
    const deaf = await startProcess({
      file: program('deaf', `process.on('SIGTERM', () => undefined);${SAYS_READY}${STAYS}`),
      env: {},
    });
    await expect(deaf.stop(200)).rejects.toThrow(/ended with SIGKILL/);
    expect(identityOf(deaf.pid)).toBeNull();
  });

  test('that is a command runs to its end', async () => {
    const log = await runProcess({ file: program('command', `console.log('{"msg":"done"}')`), env: {} });
    expect(log).toEqual([{ msg: 'done' }]);
    await expect(runProcess({ file: program('failing', `process.exitCode = 2`), env: {} })).rejects.toThrow(
      /status 2/,
    );
  });
});
