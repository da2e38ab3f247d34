/**
 * The guardian: a small process that starts the servers of a stack and ends them when the process that asked for
 * them dies before it releases them, however it dies. It learns of the death by the end of the channel between the
 * two. It is the servers' parent, so there is no moment at which a server runs that it does not know.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { removeClockLeftOvers } from '../clock/left-overs.ts';
import {
  STACK_MARK,
  type FromGuardian,
  type GuardianOrders,
  type Launch,
  type ToGuardian,
} from './guardian-protocol.ts';
import { identityOf, type ProcessIdentity } from './identity.ts';
import { terminate } from './terminate.ts';

const SECOND_LOOK_MS = 1_500;

const orders = JSON.parse(process.argv[2] ?? '{}') as GuardianOrders;
const servers = new Map<number, ProcessIdentity>();
/** By pid, the variables of every server that was started. */
const environments = new Map<number, Launch['env']>();
const tools = new Map<number, ProcessIdentity>();
const starts: { socketPath: string; start: string }[] = [];
let released = false;
let ending: Promise<void> | null = null;

function tell(message: FromGuardian): void {
  if (process.connected) process.send?.(message, () => undefined);
}

function startServer(request: number, launch: Launch): void {
  if (ending !== null) {
    tell({ type: 'refused', request, reason: 'the stack is being ended' });
    return;
  }
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
    environments.set(pid, launch.env);
    child.once('exit', (status, killedBy) => {
      servers.delete(pid);
      tell({ type: 'exited', pid, how: killedBy ?? `status ${status}` });
    });
    tell({ type: 'spawned', request, process: identity });
  } finally {
    closeSync(log);
  }
}

/** Ends everything that was started here, only once however often it is called. */
async function endAll(): Promise<void> {
  ending ??= (async () => {
    await terminate([...tools.values()], 0);
    const containers = Promise.all(starts.map(removeContainers));
    await terminate([...servers.values()], orders.graceMs);
    await containers;
    for (const [pid, env] of environments) removeClockLeftOvers(pid, env);
    if (orders.removeDir !== null) rmSync(orders.removeDir, { recursive: true, force: true });
  })();
  return ending;
}

/** Looks twice, with a pause: a container that was being made when the starter died appears after the first look. */
async function removeContainers({ socketPath, start }: { socketPath: string; start: string }): Promise<void> {
  const { dockerEngine, START_LABEL } = await import('../ways/docker/engine.ts');
  const engine = dockerEngine(socketPath);
  for (const pauseMs of [0, SECOND_LOOK_MS]) {
    await delay(pauseMs);
    const ids = await engine.labelled(START_LABEL, start);
    await Promise.allSettled(ids.map(async (id) => engine.remove(id)));
  }
}

process.on('message', (message: ToGuardian) => {
  if (message.type === 'spawn') startServer(message.request, message.launch);
  if (message.type === 'watch') {
    const identity = identityOf(message.pid);
    if (identity !== null) tools.set(message.pid, identity);
  }
  if (message.type === 'containers') starts.push(message);
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
