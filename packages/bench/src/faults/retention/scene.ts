import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ORDER_MIGRATIONS, TABLES } from '@ordershard/order-service';
import { makePartitionsAhead, openCluster, type OperatorCluster } from '@ordershard/rebalance';
import { type ArchiveStore, makeArchive, openArchiveStore } from '@ordershard/rebalance/archive';
import {
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { type MysqlFlavour, type Stack, startStack } from '@ordershard/stack';
import { ownEnvironment } from '../../move/store.ts';
import { withoutUsersServers } from '../../own-servers.ts';
import type { DayResult, DayTask, SlowAnswers } from './journal.ts';
import { settle } from './settle.ts';

const CLUSTER = 'faults';
const SHARDS = 2;
/** Few, so that each moves several times. */
const BUCKETS = 64;
const DAY_MS = 86_400_000;
/** A killed process holds its shards for less than this. */
const LEASES_END_MS = 30_000;
const DAY_PROCESS = fileURLToPath(new URL('./day-process.ts', import.meta.url));
const SLOW_WRITER = fileURLToPath(new URL('./slow-writer.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../../rebalance/src/bin.ts', import.meta.url));

/** Two shards and an archive that live by a clock which jumps, and the processes that work on them. */
export class RetentionDays {
  readonly shards: readonly ShardConfig[];
  readonly cluster: OperatorCluster;
  readonly archive: ArchiveStore;
  readonly folder: string;
  readonly keepDays: number;
  /** For each process. */
  readonly env: Readonly<Record<string, string>>;
  readonly #stack: Stack;
  readonly #first: number;

  private constructor(stack: Stack, archive: ArchiveStore, folder: string, keepDays: number) {
    const urls = stack.env['ORDERSHARD_MYSQL_URLS']!;
    this.#stack = stack;
    this.archive = archive;
    this.folder = folder;
    this.keepDays = keepDays;
    this.shards = shardsFromUrls(urls.split(','));
    this.cluster = openCluster({ clusterId: CLUSTER, shards: this.shards, application: { TABLES } });
    this.env = { ...stack.clock!.env, ORDERSHARD_MYSQL_URLS: urls, ORDERSHARD_CLUSTER: CLUSTER };
    this.#first = stack.clock!.now().getTime();
  }

  static async open(
    keepDays: number,
    mysql: MysqlFlavour | undefined,
    progress: (message: string) => void,
  ): Promise<RetentionDays> {
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-faults-archive-'));
    const stack = await startStack({
      ephemeral: true,
      env: withoutUsersServers(),
      parts: ['mysql'],
      shards: SHARDS,
      clock: true,
      ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
      onProgress: progress,
    });
    const scene = new RetentionDays(stack, await openArchiveStore(folder), folder, keepDays);
    const { shards } = scene;
    await migrateShards(shards, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS]);
    await withShardSessions(shards, (session) => makePartitionsAhead(session, TABLES));
    await initialiseCluster({ clusterId: CLUSTER, shards, bucketCount: BUCKETS });
    await (await makeArchive(folder, scene.cluster, 'faults')).close();
    return scene;
  }

  /** What the clock shows: Unix milliseconds. */
  get nowMs(): number {
    return this.#stack.clock!.now().getTime();
  }

  /** Sets the clock to the noon of a day, counted from the first. */
  jumpToDay(day: number): void {
    this.#stack.clock!.jumpTo(new Date(Math.floor(this.#first / DAY_MS + day) * DAY_MS + DAY_MS / 2));
  }

  /** Sets the clock ahead until the leases of processes that were killed have run out. */
  outliveLeases(): void {
    this.#stack.clock!.jumpTo(new Date(this.nowMs + LEASES_END_MS));
  }

  /** Lives a part of a day in a process of its own, to its end. All its events are published then. */
  async live(task: Omit<DayTask, 'archive' | 'keepDays'>): Promise<DayResult> {
    const whole: DayTask = { ...task, archive: this.folder, keepDays: this.keepDays };
    const result = JSON.parse(await this.#output(DAY_PROCESS, this.env, JSON.stringify(whole))) as DayResult;
    await settle(this.shards);
    return result;
  }

  /** Runs a process that writes by a clock which is slow by more than the retention. */
  async writeSlowly(): Promise<{ readonly days: number; readonly answers: SlowAnswers }> {
    const days = this.keepDays + 1;
    const clock = this.#stack.clock!.skewed(-days * DAY_MS);
    const output = await this.#output(SLOW_WRITER, { ...this.env, ...clock });
    return { days, answers: JSON.parse(output) as SlowAnswers };
  }

  async #output(file: string, env: Readonly<Record<string, string>>, input = ''): Promise<string> {
    const child = spawn(process.execPath, nodeArguments(file), {
      env: { ...ownEnvironment(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${file} ended with ${code}: ${(await errors).slice(-2_000)}`);
    return output;
  }

  /**
   * Runs retention as an operator does. Kills it with -9 after `killAfter` lines of its progress, if that is given.
   *
   * @returns what it said last when it was killed or failed; undefined when it came to its end
   */
  async retain(killAfter = Infinity): Promise<string | undefined> {
    const options = ['--yes', '--keep-days', String(this.keepDays), '--archive', this.folder];
    const child = spawn(
      process.execPath,
      [...nodeArguments(CLI), 'retention', 'run', ...options, '--output', 'json'],
      { env: { ...ownEnvironment(), ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const output = textOf(child.stdout);
    let lines = 0;
    let last = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines += 1;
      last = line;
      if (lines === killAfter) child.kill('SIGKILL');
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (killAfter < Infinity) return signal === 'SIGKILL' ? `after "${last}"` : undefined;
    return code === 0 ? undefined : `status ${code}: ${last} ${(await output).slice(0, 1_000)}`;
  }

  /** Rows of a statement from all shards. */
  async rows<Row>(sql: string): Promise<readonly Row[]> {
    return (await withShardSessions(this.shards, (session) => session.query<Row>(sql))).flat();
  }

  async close(): Promise<void> {
    await this.cluster.close();
    await this.archive.close();
    await this.#stack.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const nodeArguments = (file: string) => ['--conditions=source', '--no-warnings', file];

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk as string;
  return text;
}
