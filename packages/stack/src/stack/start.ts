import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ClockEnv, makeClock } from '../clock/clock.ts';
import { ensureClockLibrary } from '../clock/library.ts';
import { ClockUnavailableError, reasonOf, StackStateError } from '../errors.ts';
import type { PartName } from '../parts/part-name.ts';
import { PARTS } from '../parts/registry.ts';
import { startGuardian } from '../process/guardian.ts';
import { identityOf, isAlive } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import { readSettings, type Settings } from '../settings.ts';
import { findEngine, type DockerEngine } from '../ways/docker/engine.ts';
import { assertPlatform } from '../ways/native/start.ts';
import type { MysqlFlavour } from '../versions.ts';
import type { Progress, StartContext } from './context.ts';
import { sweepDeadEphemeral } from './down.ts';
import { stackEnv, writeEnvFile } from './env.ts';
import { flavourIn } from './flavour.ts';
import { illness } from './health.ts';
import { openStack, type Stack } from './stack.ts';
import { assertName, resolveShape } from './shape.ts';
import { startParts } from './start-parts.ts';
import { CHECKOUT_ROOT, emptyState, readState, stackDirOf, StateFile, type StackState } from './state.ts';

/** What to start, and how. Everything has a default: two shards of MySQL 9, Kafka and MongoDB, named `default`. */
export interface StackOptions {
  readonly name?: string;
  /** The folder that gets `.stack/`; this checkout by default. */
  readonly checkoutRoot?: string;
  /** Number of MySQL shards, 2 by default. */
  readonly shards?: number;
  /** What `ORDERSHARD_MYSQL` says, MySQL 9 by default. */
  readonly mysqlFlavour?: MysqlFlavour;
  /** One read-only replica for each shard. */
  readonly replicas?: boolean;
  /** Members of MongoDB's replica set: 1, 3 or 5; 1 by default. Several are started natively. */
  readonly mongodbMembers?: number;
  readonly parts?: readonly PartName[];
  /**
   * Gives the MySQL servers a clock that can be set ahead (`stack.clock`); they are started natively then. With `processes`,
   * the servers keep the machine's clock, and only processes use the other clock; for ephemeral stacks.
   */
  readonly clock?: boolean | 'processes';
  /**
   * The time zone of the MySQL servers, as `TZ` names it; their default unless given. Only for servers that are started
   * natively.
   */
  readonly timeZone?: string;
  /** The stack and its data end with this process, however the process ends. The stack's name is drawn if not given. */
  readonly ephemeral?: boolean;
  readonly onProgress?: Progress;
  /** When it aborts, a start under way is given up, and the servers that it has started are ended. */
  readonly signal?: AbortSignal;
  /** Where settings and the user's URLs are read from; `process.env` by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a stack, or the missing servers of an existing one, and resolves when every server is healthy. Without `ephemeral`
 * the servers outlive this process until `stop()` or `down`.
 * @throws PartsUnavailableError when a part cannot be started in any way; no server that was started is left then
 * @throws UserServerError when a server that the user named does not answer
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const ephemeral = options.ephemeral === true;
  const name =
    options.name ?? (ephemeral ? `run-${process.pid}-${randomBytes(3).toString('hex')}` : 'default');
  assertName(name);
  const root = resolve(options.checkoutRoot ?? CHECKOUT_ROOT);
  const settings = readSettings(options.env ?? process.env);
  const report = options.onProgress ?? (() => undefined);
  const dir = stackDirOf(root, name);
  await sweepDeadEphemeral(root);
  return withLock(
    dir,
    async () => {
      const before = readState(dir);
      const shape = resolveShape(options, name, before?.shape ?? null, flavourIn(settings.env));
      if (options.clock === true) requireClock(before, name, settings);
      if (before !== null && (await isUp(before, shape.parts, settings))) return openStack(before);
      const state = { ...(before ?? emptyState(name, dir, ephemeral, shape)), shape, ephemeral };
      return bringUp(state, settings, report, options);
    },
    () => report(`stack "${name}" is being started or ended by another process, waiting`),
  );
}

/** @throws ClockUnavailableError for servers whose clock cannot be set; StackStateError for one that runs without */
function requireClock(before: StackState | null, name: string, { env, way }: Settings): void {
  if (env[PARTS.mysql.variable]) throw new ClockUnavailableError(`${PARTS.mysql.variable} names yours`);
  if (way === 'docker') throw new ClockUnavailableError('ORDERSHARD_STACK_WAY is docker');
  try {
    assertPlatform();
  } catch (error) {
    throw new ClockUnavailableError(reasonOf(error), { cause: error });
  }
  if (before !== null && before.clock === undefined) {
    throw new StackStateError(`stack "${name}" has no clock of its own; end it first (down)`);
  }
}

/** Whether a running stack already is as the caller asks for, and well. */
async function isUp(state: StackState, parts: readonly PartName[], settings: Settings): Promise<boolean> {
  if (state.phase !== 'running') return false;
  const servers = Object.values(state.servers);
  const shards = servers.filter((record) => record.part === 'mysql').length;
  const complete = parts.every((part) => servers.some((record) => record.part === part));
  if (!complete || (!settings.env['ORDERSHARD_MYSQL_URLS'] && shards < state.shape.shards)) return false;
  for (const record of servers) {
    const named = settings.env[PARTS[record.part].variable];
    if ((record.way === 'url') !== Boolean(named)) return false;
    if (named && state.env[PARTS[record.part].variable] !== named) return false;
    if (record.way === 'native' && !(record.process && isAlive(record.process))) return false;
  }
  const ills = await Promise.all(servers.map(async (record) => illness(PARTS[record.part], record)));
  return ills.every((ill) => ill === null);
}

async function bringUp(
  state: StackState,
  settings: Settings,
  report: Progress,
  { signal, clock, timeZone }: Pick<StackOptions, 'signal' | 'clock' | 'timeZone'>,
): Promise<Stack> {
  const fresh = !existsSync(state.dir);
  const file = StateFile.create({
    ...state,
    phase: 'starting',
    starter: identityOf(process.pid),
    guardian: null,
  });
  const guardian = await startGuardian({
    stackDir: state.dir,
    removeDir: state.ephemeral ? state.dir : null,
    graceMs: state.ephemeral ? 0 : 10_000,
  });
  file.update({ guardian: guardian.process });
  const giveUp = (): void => void guardian.end();
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    let made: ClockEnv | undefined;
    if (clock === true || clock === 'processes') {
      const install = { run: guardian.run, cacheRoot: settings.cacheRoot, report };
      made = makeClock(state.dir, await ensureClockLibrary(install));
      if (clock === true) file.update({ clock: made });
    }
    let engine: Promise<DockerEngine> | undefined;
    const context: StartContext = {
      file,
      shape: state.shape,
      guardian,
      settings,
      report,
      clock: file.state.clock,
      timeZone,
      engine: async () => (engine ??= findEngine(settings.env)),
    };
    await startParts(state.shape.parts, context);
    const env = await stackEnv(state.dir, Object.values(file.state.servers), settings.env);
    writeEnvFile(state.dir, env);
    file.update({ env, phase: 'running', ...(state.ephemeral ? {} : { starter: null, guardian: null }) });
    if (state.ephemeral) return openStack(file.state, guardian, made);
    await guardian.release();
    return openStack(file.state);
  } catch (error) {
    await guardian.end();
    if (fresh) rmSync(state.dir, { recursive: true, force: true });
    throw signal?.aborted === true
      ? new StackStateError(`the start of stack "${state.name}" was given up`)
      : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
