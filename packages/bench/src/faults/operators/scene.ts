import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TABLES } from '@ordershard/order-service';
import {
  type BucketMove,
  cleanUp,
  openCluster,
  type OperatorCluster,
  planFor,
  proveOwnership,
} from '@ordershard/rebalance';
import { loadMap, shardsFromUrls } from '@ordershard/shard-router';
import { type ClockEnv, type MysqlFlavour, type OwnProcess, startProcess } from '@ordershard/stack';
import { CLUSTER, type CommandEnd, ownEnvironment, Store } from '../../move/store.ts';
import type { Findings } from '../findings.ts';
import { Crew } from '../move/crew.ts';
import { plantedEnv } from '../planted/planted-env.ts';
import type { Seeded } from '../seeded.ts';
import { until } from '../until.ts';
import type { Touched } from './touched.ts';

const BUGS_URL = new URL('planted/bugs.ts', import.meta.url).href;

const file = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

export const SHARDS = 3;
const BUCKETS = 64;
/** Orders before anything is done. */
const ORDERS = 300;
/** Answers after which the writing is taken to have recovered. */
const RECOVERED = 60;
/** How long to wait for what has to come, milliseconds: long for a busy machine, less where a planted bug may keep it from coming. */
const PATIENCE_MS = 240_000;
const PLANTED_PATIENCE_MS = 60_000;

export interface SceneOptions {
  readonly mysql?: MysqlFlavour | undefined;
  readonly random: Seeded;
  readonly findings: Findings;
  /** A bug that is planted in every process of the product. */
  readonly planted?: string | undefined;
  readonly progress: (message: string) => void;
}

/** A shard that came back from a backup. */
export interface RestoredShard {
  /** Orders that it had placed since. */
  readonly lost: number;
  /** Of the orders that had changed since: how many were listed, and how many were published by the check's own count. */
  readonly listed: number;
  readonly published: number;
}

/** Exit codes: something is left to do; another operation holds what this one needs. */
const UNFINISHED = 4;
const HELD = 5;
/** How far clocks are wrong, hours. */
const HOURS_OFF = [-30, -7, -3, 3, 11, 26, 250];

/** The scene of the operators: three shards, a relay, a projector, and processes that write and read. */
export class OperatorScene {
  readonly store: Store;
  readonly crew: Crew;
  readonly cluster: OperatorCluster;
  readonly findings: Findings;
  readonly random: Seeded;
  /** Orders of restored shards that had changed since the backup. */
  readonly touched = new Map<string, Touched>();
  readonly restores: RestoredShard[] = [];
  readonly relay: OwnProcess;
  /** How long to wait for what has to come, milliseconds. */
  readonly patienceMs: number;
  /** For files. */
  readonly folder: string;
  readonly #projector: OwnProcess;

  private constructor(
    store: Store,
    crew: Crew,
    [relay, projector]: readonly [OwnProcess, OwnProcess],
    folder: string,
    { findings, random, planted }: SceneOptions,
  ) {
    this.patienceMs = planted === undefined ? PATIENCE_MS : PLANTED_PATIENCE_MS;
    this.folder = folder;
    this.store = store;
    this.crew = crew;
    this.relay = relay;
    this.#projector = projector;
    this.findings = findings;
    this.random = random;
    this.cluster = openCluster({ clusterId: CLUSTER, shards: store.shards, application: { TABLES } });
  }

  static async open(options: SceneOptions): Promise<OperatorScene> {
    const { mysql, random, findings, planted, progress } = options;
    const store = await Store.start({
      shards: SHARDS,
      members: SHARDS,
      buckets: BUCKETS,
      parts: ['mysql', 'kafka', 'mongodb'],
      mysql,
      clock: 'processes',
      more: plantedEnv(BUGS_URL, planted),
      progress,
    });
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-operators-'));
    const started: OwnProcess[] = [];
    try {
      for (const [path, command] of [
        ['outbox/src/bin.ts', 'relay'],
        ['read-model/src/bin.ts', 'project'],
      ] as const)
        started.push(
          await startProcess({ file: file(path), args: [command], env: store.env, readyWithinMs: 120_000 }),
        );
      const crew = await Crew.open(store, 2, random, findings);
      await crew.fill(ORDERS, progress);
      crew.pace('ease');
      crew.start();
      return new OperatorScene(store, crew, started as [OwnProcess, OwnProcess], folder, options);
    } catch (error) {
      await Promise.all(started.map((running) => running.kill()));
      await rm(folder, { recursive: true, force: true });
      await store.end();
      throw error;
    }
  }

  get topic(): string {
    return `${this.store.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`;
  }

  get brokers(): string {
    return this.store.env['ORDERSHARD_KAFKA_BROKERS']!;
  }

  /** Settings that name these shards, as another file of an operator would. */
  sharding(urls: readonly string[]): Readonly<Record<string, string | undefined>> {
    return { ORDERSHARD_SHARDS_FILE: undefined, ORDERSHARD_MYSQL_URLS: urls.join(',') };
  }

  /** Runs a command of shard-rebalance, with other settings than the store's where some are given. */
  command(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<CommandEnd> {
    return this.store.commandWith(args, env);
  }

  /** The environment variables of a clock that is hours off, and a text that says how far. */
  wrongClock(): { readonly text: string; readonly env: ClockEnv } {
    const hours = this.random.pick(HOURS_OFF);
    return {
      text: `${Math.abs(hours)} h ${hours < 0 ? 'slow' : 'fast'}`,
      env: this.store.clock!.skewed(hours * 3_600_000),
    };
  }

  /** Runs a command of the order service; returns the JSON objects that it prints. */
  async orders(args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const env = { ...ownEnvironment(), ...this.store.env };
    const bin = file('order-service/src/bin.ts');
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        ['--conditions=source', '--no-warnings', bin, ...args],
        { env, maxBuffer: 64 * 1_048_576 },
        (_error, stdout, stderr) => {
          const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
          if (lines.length === 0) reject(new Error(`${args.join(' ')}: ${stderr}${stdout}`));
          else resolve(lines.map((line) => JSON.parse(line) as Record<string, unknown>));
        },
      );
    });
  }

  /** URLs of the shards' databases, for a user with every right. */
  adminUrls(): readonly string[] {
    return this.store.handles.map(({ adminUrl }, shard) => {
      const url = new URL(adminUrl!);
      url.pathname = new URL(this.store.urls[shard]!).pathname;
      return url.href;
    });
  }

  /** The owner of each bucket of numbers now, by the newest map. */
  async owners(): Promise<readonly number[]> {
    return (await this.map()).epochs.at(-1)!.owners;
  }

  map() {
    return loadMap(this.cluster.shards, CLUSTER, this.cluster.onShard);
  }

  /** Runs moves of buckets of numbers, with a plan of its own. */
  async move(moves: readonly Omit<BucketMove, 'kind'>[]): Promise<void> {
    const path = await this.planFor(moves);
    try {
      await this.runPlan(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Runs a plan to its end. When its lease runs out on a busy machine, the command says so, and the plan is resumed. */
  async runPlan(path: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, stderr } = await this.command(['run', '--plan', path, '--yes', '--reason', 'faults'], env);
    if (code === UNFINISHED) await this.settle('resume');
    else if (code !== 0) throw new Error(`run ended with ${code}: ${stderr}`);
  }

  /** Moves some buckets of numbers; returns which. */
  async moveOne(count = 1): Promise<readonly number[]> {
    const moves = await this.someMoves(count);
    await this.move(moves);
    return moves.map(({ bucket }) => bucket);
  }

  /** A file with a plan for some buckets. */
  async planFile(count: number): Promise<string> {
    return this.planFor(await this.someMoves(count));
  }

  /** Resumes or rolls back what was begun. Tries again while shards are still held for dead processes. */
  async settle(action: 'resume' | 'rollback'): Promise<void> {
    await until(
      `${action} to come to its end`,
      async () => {
        const { code, stderr } = await this.command([action, '--yes', '--reason', 'faults']);
        if (code === 0) return true;
        if (code === HELD || code === UNFINISHED) return false;
        throw new Error(`${action} ended with ${code}: ${stderr}`);
      },
      this.patienceMs,
    );
  }

  /** Moves of some buckets that could be made now. */
  async someMoves(count: number): Promise<readonly Omit<BucketMove, 'kind'>[]> {
    const owners = await this.owners();
    const buckets = this.random.shuffled([...owners.keys()]).slice(0, count);
    return buckets.map((bucket) => {
      const from = owners[bucket]!;
      return { bucket, from, to: (from + this.random.between(1, SHARDS)) % SHARDS };
    });
  }

  /** A file with a plan of moves of buckets of numbers. */
  async planFor(moves: readonly Omit<BucketMove, 'kind'>[]): Promise<string> {
    const plan = planFor(
      await this.map(),
      moves.map((move) => ({ kind: 'numbers', ...move })),
    );
    const path = join(tmpdir(), `ordershard-plan-${plan.id}.json`);
    await writeFile(path, JSON.stringify(plan));
    return path;
  }

  /** Resolves when everything has one owner and the writing goes on on all shards. */
  async recovered(): Promise<void> {
    await proveOwnership(this.cluster).catch((error: Error) => {
      this.findings.add('mismatched', 'owners', error.message);
    });
    const before = this.crew.answered;
    await until(
      'requests to be answered again',
      () => {
        this.crew.check();
        return this.crew.answered >= before + RECOVERED;
      },
      this.patienceMs,
    );
  }

  /** Runs `fn` while nothing is written, after cleaning up what moves have left behind. */
  async atRest<T>(fn: () => Promise<T>): Promise<T> {
    await this.crew.pause();
    await this.#cleanUp();
    const result = await fn();
    this.crew.goOn();
    return result;
  }

  /** Ends the writing, and cleans up what moves have left behind. */
  async rest(): Promise<void> {
    await this.crew.rest();
    await this.#cleanUp();
  }

  #cleanUp(): Promise<number> {
    return cleanUp(this.cluster, { by: 'faults', throttle: 'off', graceMs: 0 });
  }

  async close(): Promise<void> {
    await this.crew.close();
    await this.cluster.close();
    await Promise.all([this.relay.kill(), this.#projector.kill()]);
    await this.store.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** URLs of other databases of the same servers. */
export function otherDatabases(urls: readonly string[], name: string): readonly string[] {
  return shardsFromUrls(urls).map(({ writer }) => {
    const url = new URL(writer);
    url.pathname = `/${name}`;
    return url.href;
  });
}
