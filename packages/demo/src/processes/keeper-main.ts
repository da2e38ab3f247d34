/**
 * The keeper: the parent of the product's processes. It learns of the demo's death, however the demo dies, by the end of the
 * channel between the two, and then ends the processes. It has a session of its own, so that a Ctrl-C meant for the demo
 * reaches none of them: the demo ends them in good order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { FromKeeper, ProcessLaunch, ToKeeper } from './keeper-protocol.ts';

const children = new Set<ChildProcess>();

function tell(message: FromKeeper, then?: () => void): void {
  if (process.connected) process.send?.(message, () => then?.());
  else then?.();
}

function start(request: number, { file, args, env, logFile }: ProcessLaunch): void {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', file, ...args], {
      env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.once('error', (error) => tell({ type: 'refused', request, reason: error.message }));
    const { pid } = child;
    if (pid === undefined) return;
    children.add(child);
    child.once('exit', (status, killedBy) => {
      children.delete(child);
      tell({ type: 'exited', pid, how: killedBy ?? `status ${status}` });
    });
    tell({ type: 'spawned', request, pid });
  } finally {
    closeSync(log);
  }
}

process.on('message', (message: ToKeeper) => {
  if (message.type === 'spawn') start(message.request, message.launch);
  else tell({ type: 'released' }, () => process.exit(0));
});

process.on('disconnect', () => {
  for (const child of children) child.kill('SIGKILL');
  process.exit(0);
});
