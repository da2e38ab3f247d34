import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { removeClockLeftOvers } from '@ordershard/stack';
import { ownEnvironment, type Store } from '../../move/store.ts';
import type { OpenerMessage, OpenerWork } from './opener-process.ts';

const SCRIPT = join(import.meta.dirname, 'opener-process.ts');

/**
 * Opens an epoch in a process of its own. The process stops after a step and can do nothing more; there it is killed with -9.
 *
 * @returns the id of the process that is gone. Throws when it ended before the step
 */
export async function killedOpener(store: Store, work: OpenerWork): Promise<number> {
  const env = { ...ownEnvironment(), ...store.env, FAULTS_OPENER: JSON.stringify(work) };
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', SCRIPT], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const message = await Promise.race([
    once(child, 'message').then(([first]) => first as OpenerMessage),
    exit.then((): OpenerMessage => ({ ended: said })),
  ]);
  child.kill('SIGKILL');
  const [, signal] = await exit;
  removeClockLeftOvers(child.pid!, env);
  const { step, shard } = work.waitAfter;
  if ('ended' in message || signal !== 'SIGKILL')
    throw new Error(`an opener ended before ${step} on shard ${shard}: ${JSON.stringify(message)} ${said}`);
  return child.pid!;
}
