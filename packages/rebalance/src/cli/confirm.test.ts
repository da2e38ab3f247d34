import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { confirm } from './confirm.ts';

/** Asks on a terminal on which `keys` are typed when the question is there. */
async function typed(keys: string, signal?: AbortSignal) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let shown = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (shown.includes('[y/N]') && keys !== '') {
      input.write(keys);
      keys = '';
    }
  });
  const ended = await confirm('Move 42 buckets?', false, signal, { input, output }).then(
    () => 'confirmed',
    (error: Error & { exitCode?: number }) => `${error.exitCode}: ${error.message}`,
  );
  return { ended, shown };
}

test('only yes is yes', async () => {
  expect((await typed('y\r')).ended).toBe('confirmed');
  expect((await typed('YES\r')).ended).toBe('confirmed');
  for (const keys of ['\r', 'n\r', 'yeah\r'])
    expect((await typed(keys)).ended).toBe('3: not confirmed: nothing was changed');
});

test('Ctrl-C, Ctrl-D and a signal are no, and leave the line', async () => {
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(), 50);
  for (const asked of [await typed('\u0003'), await typed('\u0004'), await typed('', stopping.signal)]) {
    expect(asked.ended).toBe('3: not confirmed: nothing was changed');
    expect(asked.shown).toMatch(/\[y\/N\] [^]*\n$/);
  }
});

test('where nobody can be asked, --yes is', async () => {
  const streams = { input: new PassThrough(), output: new PassThrough() };
  await expect(confirm('Move?', false, undefined, streams)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('add --yes'),
  });
  await confirm('Move?', true, undefined, streams);
});
