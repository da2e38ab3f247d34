import { runCommand } from './command.ts';
import { SettingsError } from './errors.ts';

/** What a command may meet, by a name: run in a process of its own. */
const MEETS: Readonly<Record<string, () => Promise<void>>> = {
  unforeseen: () => Promise.reject(new TypeError('a bug\u001B[31m\n of ours', { cause: new Error('deep') })),
  'server error': () =>
    Promise.reject(Object.assign(new Error('no such table'), { code: 'ER_NO_SUCH_TABLE' })),
  nothing: () => Promise.reject(undefined as unknown as Error),
  detached: () => {
    setTimeout(() => {
      throw new Error('thrown beside');
    });
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  settings: () => Promise.reject(new SettingsError([{ setting: 'ORDERSHARD_X', message: 'is not set' }])),
  'a lot of output': async () => {
    for (let line = 0; line < 20_000; line += 1) {
      process.stdout.write(`${line}\n`);
      if (line % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  },
};

await runCommand('a-command', MEETS[process.argv[2]!]!);
