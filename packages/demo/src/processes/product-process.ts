import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ProcessError } from './errors.ts';
import type { KeptProcess, Keeper } from './keeper.ts';
import type { ProcessLaunch } from './keeper-protocol.ts';

/** How long a process may take until it says that it is ready, and to end when asked to. */
const READY_WITHIN_MS = 30_000;
const END_WITHIN_MS = 20_000;

/** How often to look at its log in the meantime. */
const LOOK_MS = 20;

const LAST_WORDS = 3_000;

/** A long-running process of the product that is ready. */
export interface ProductProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves with the end of its log when it ends and nobody asked it to. */
  readonly died: Promise<string>;
  /** SIGTERM; throws {@link ProcessError} unless it then ends with status 0. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when its pid is gone. */
  kill(): Promise<void>;
}

/** Runs a process to its end. Throws {@link ProcessError} with its last words unless it ends with status 0. */
export async function runToEnd(keeper: Keeper, launch: ProcessLaunch): Promise<void> {
  const { ended } = await keeper.spawn(launch);
  const how = await ended;
  if (how !== 'status 0')
    throw new ProcessError(`${titleOf(launch)} ended with ${how}\n${await lastWords(launch)}`);
}

/** Starts a process and resolves when it has logged `{"msg":"ready"}`; the log file must be new. */
export async function startReady(keeper: Keeper, launch: ProcessLaunch): Promise<ProductProcess> {
  const kept = await keeper.spawn(launch);
  let how: string | undefined;
  void kept.ended.then((ending) => (how = ending));
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const port = await readyPort(launch.logFile);
    if (port !== undefined) return processOf(launch, kept, port);
    if (how !== undefined)
      throw new ProcessError(`${titleOf(launch)} ended with ${how}\n${await lastWords(launch)}`);
    if (performance.now() > until) {
      signal(kept.pid, 'SIGKILL');
      throw new ProcessError(
        `${titleOf(launch)} was not ready within ${READY_WITHIN_MS / 1_000} s\n${await lastWords(launch)}`,
      );
    }
    await delay(LOOK_MS);
  }
}

function processOf(launch: ProcessLaunch, { pid, ended }: KeptProcess, port: number): ProductProcess {
  let asked = false;
  const died = Promise.withResolvers<string>();
  const watch = async () => {
    const how = await ended;
    if (!asked) died.resolve(`${titleOf(launch)} ended by itself with ${how}\n${await lastWords(launch)}`);
  };
  void watch();
  return {
    pid,
    port,
    died: died.promise,
    stop: async () => {
      asked = true;
      signal(pid, 'SIGTERM');
      const timer = setTimeout(() => signal(pid, 'SIGKILL'), END_WITHIN_MS);
      const how = await ended;
      clearTimeout(timer);
      if (how !== 'status 0')
        throw new ProcessError(`${titleOf(launch)} ended with ${how}\n${await lastWords(launch)}`);
    },
    kill: async () => {
      asked = true;
      signal(pid, 'SIGKILL');
      await ended;
    },
  };
}

/** Sends a signal; false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function titleOf({ file, args }: ProcessLaunch): string {
  return [file.split('/').slice(-3).join('/'), ...args].join(' ');
}

/** The port of the first `ready` line. */
async function readyPort(logFile: string): Promise<number | undefined> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  for (const line of text.split('\n').slice(0, -1)) {
    if (!line.includes('"ready"')) continue;
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    if (msg === 'ready') return port ?? 0;
  }
  return undefined;
}

async function lastWords({ logFile }: ProcessLaunch): Promise<string> {
  const file = await open(logFile, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LAST_WORDS);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
