import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { withLock } from './lock.ts';
import { startProcess } from './own-process.ts';

jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'ordershard-lock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('only one at a time holds a lock, and all get their turn', async () => {
  let holders = 0;
  const most: number[] = [];
  await Promise.all(
    Array.from({ length: 5 }, async () =>
      withLock(join(dir, 'shared'), async () => {
        holders += 1;
        most.push(holders);
        await new Promise((resolve) => setImmediate(resolve));
        holders -= 1;
      }),
    ),
  );
  expect(most).toEqual([1, 1, 1, 1, 1]);
});

test('a lock is given back when what it was held for fails', async () => {
  await expect(withLock(join(dir, 'failing'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(join(dir, 'failing'), () => Promise.resolve('yes'))).resolves.toBe('yes');
});

test('a lock is had from a process that was killed while it held it', async () => {
  const path = join(dir, 'killed');
  const script = join(dir, 'holder.ts');
  const module = new URL('./lock.ts', import.meta.url).href;
  writeFileSync(
    script,
    `import { withLock } from ${JSON.stringify(module)};
     await withLock(${JSON.stringify(path)}, async () => {
       console.log('{"msg":"ready"}');
       await new Promise((resolve) => setInterval(resolve, 1e8));
     });`,
  );
  const holder = await startProcess({ file: script, env: {} });
  const waiting = Promise.withResolvers<void>();
  const turn = withLock(path, () => Promise.resolve('mine'), waiting.resolve);
  await waiting.promise;
  await holder.kill('SIGKILL');
  await expect(turn).resolves.toBe('mine');
});
