/**
 * The guardian: a small process that starts the servers of a stack and ends them when the process that asked for
 * them dies before it releases them, however it dies. It learns of the death by the end of the channel between the
 * two. It is the servers' parent, so there is no moment at which a server runs that it does not know.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import {
  STACK_MARK,
  type FromGuardian,
  type GuardianOrders,
  type Launch,
  type ToGuardian,
} from './guardian-protocol.ts';
import { identityOf, type ProcessIdentity } from './identity.ts';
import { terminate } from './terminate.ts';

const orders = JSON.parse(process.argv[2] ?? '{}') as GuardianOrders;
const servers = new Map<number, ProcessIdentity>();
const tools = new Map<number, ProcessIdentity>();
let engine: { socketPath: string; label: string } | null = null;
let released = false;
let ending: Promise<void> | null = null;

function tell(message: FromGuardian): void {
  if (process.connected) process.send?.(message, () => undefined);
}

function start(request: number, launch: Launch): void {
  if (ending !== null) return;
  const log = openSync(launch.logFile, 'a', 0o600);
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...launch.env,
        [STACK_MARK]: orders.stackDir,
      },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.once('error', (error) => tell({ type: 'refused', request, reason: error.message }));
    if (child.pid === undefined) return;
    const pid = child.pid;
    const identity = identityOf(pid) ?? { pid, startTime: null };
    servers.set(pid, identity);
    child.once('exit', (status, killedBy) => {
      servers.delete(pid);
      tell({ type: 'exited', pid, how: killedBy ?? `status ${status}` });
    });
    tell({ type: 'spawned', request, process: identity });
  } finally {
    closeSync(log);
  }
}

/** Ends everything that was started here, once, whoever asks for it. */
async function endAll(): Promise<void> {
  ending ??= (async () => {
    await terminate([...tools.values()], 0);
    const containers = engine === null ? null : removeContainers(engine);
    await terminate([...servers.values()], orders.graceMs);
    await containers;
    if (orders.removeDir !== null) rmSync(orders.removeDir, { recursive: true, force: true });
  })();
  return ending;
}

async function removeContainers(target: { socketPath: string; label: string }): Promise<void> {
  const { dockerEngine } = await import('../ways/docker/engine.ts');
  await dockerEngine(target.socketPath).removeLabelled(target.label);
}

process.on('message', (message: ToGuardian) => {
  if (message.type === 'spawn') start(message.request, message.launch);
  if (message.type === 'watch') {
    const identity = identityOf(message.pid);
    if (identity !== null) tools.set(message.pid, identity);
  }
  if (message.type === 'engine') engine = message;
  if (message.type === 'release') {
    released = true;
    process.send?.({ type: 'done' } satisfies FromGuardian, () => process.exit(0));
  }
  if (message.type === 'end') {
    void endAll().then(() => process.send?.({ type: 'done' } satisfies FromGuardian, () => process.exit(0)));
  }
});

process.on('disconnect', () => {
  if (!released) void endAll().then(() => process.exit(0));
});
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(name, () => void endAll().then(() => process.exit(0)));
}
