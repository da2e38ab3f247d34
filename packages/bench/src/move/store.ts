import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ShardConfig, shardsFromUrls } from '@ordershard/shard-router';
import {
  type MysqlFlavour,
  type PartName,
  removeClockLeftOvers,
  type ServerHandle,
  type StackClock,
  startStack,
} from '@ordershard/stack';
import { withoutUsersServers } from '../own-servers.ts';

export const CLUSTER = 'faults';

const BIN = fileURLToPath(new URL('../../../rebalance/src/bin.ts', import.meta.url));

export interface StoreOptions {
  /** How many MySQL servers, and how many of them are the cluster at first. */
  readonly shards: number;
  readonly members: number;
  readonly parts: readonly PartName[];
  /** Default 1,024. Few make a short run. */
  readonly buckets?: number;
  readonly mysql?: MysqlFlavour | undefined;
  /**
   * Whether servers and processes live by a clock that can be set ahead. `processes`: all live by the machine's clock, except
   * those that are given a skewed one.
   */
  readonly clock?: boolean | 'processes';
  /** Variables of each process besides the store's. */
  readonly more?: Readonly<Record<string, string>>;
  readonly progress: (message: string) => void;
}

/** How a command of shard-rebalance ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Callbacks for a command that runs. */
export interface CommandWatch {
  /** Its process id. */
  readonly started?: (pid: number) => void;
  /** What it says on standard error, line by line. */
  readonly line?: (line: string) => void;
}

/** An order store on servers of its own, operated as an operator would. */
export class Store {
  /** Position = shard id. */
  readonly urls: readonly string[];
  /** Position = shard id. */
  readonly handles: readonly ServerHandle[];
  readonly shards: readonly ShardConfig[];
  /** For each process of the store. What this process was given of other shards is not for it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** When it was started with one. */
  readonly clock: StackClock | undefined;
  readonly #stop: () => Promise<void>;

  private constructor(
    urls: readonly string[],
    handles: readonly ServerHandle[],
    env: Readonly<Record<string, string | undefined>>,
    clock: StackClock | undefined,
    stop: () => Promise<void>,
  ) {
    this.urls = urls;
    this.handles = handles;
    this.shards = shardsFromUrls(urls);
    this.env = env;
    this.clock = clock;
    this.#stop = stop;
  }

  /** Starts the servers, which end with this process, and makes the first of them an order store. */
  static async start({
    shards,
    members,
    parts,
    buckets,
    mysql,
    clock = false,
    more = {},
    progress,
  }: StoreOptions): Promise<Store> {
    const stack = await startStack({
      ephemeral: true,
      env: withoutUsersServers(),
      parts: [...parts],
      shards,
      clock,
      ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
      onProgress: progress,
    });
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-store-'));
    const stop = async () => {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    };
    try {
      const { ORDERSHARD_MYSQL_URLS: all, ...rest } = stack.env;
      const urls = all!.split(',');
      const env = {
        ...rest,
        ...(clock === true ? stack.clock!.env : {}),
        ...more,
        ORDERSHARD_MYSQL_URLS: undefined,
        ORDERSHARD_CLUSTER: CLUSTER,
        ORDERSHARD_SHARDS_FILE: join(folder, 'shards.json'),
      };
      const handles = urls.map((_, shard) => stack.part(`mysql-${shard}`));
      const store = new Store(urls, handles, env, stack.clock, stop);
      await store.configure(members);
      await store.json(['init', '--yes', ...(buckets === undefined ? [] : ['--buckets', String(buckets)])]);
      return store;
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** Writes the shards file that every process of the store reads, with the first `count` shards. */
  configure(count: number): Promise<void> {
    return writeFile(
      this.env['ORDERSHARD_SHARDS_FILE']!,
      JSON.stringify({ shards: this.shards.slice(0, count) }, null, 2),
    );
  }

  /** Runs a command of shard-rebalance in a process of its own, to its end. */
  command(args: readonly string[], onLine?: (line: string) => void): Promise<CommandEnd> {
    return this.commandWith(args, {}, onLine === undefined ? {} : { line: onLine });
  }

  /** {@link command} with other settings than the store's. */
  async commandWith(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    watch: CommandWatch = {},
  ): Promise<CommandEnd> {
    const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', BIN, ...args], {
      env: { ...ownEnvironment(), ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    watch.started?.(child.pid!);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const line of text.trimEnd().split('\n')) watch.line?.(line);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    removeClockLeftOvers(child.pid!, env);
    return { code, stdout, stderr };
  }

  /** {@link command} that has to end well; returns what it printed as JSON. */
  async json<T>(args: readonly string[], onLine?: (line: string) => void): Promise<T> {
    const { code, stdout, stderr } = await this.command([...args, '--output', 'json'], onLine);
    if (code !== 0)
      throw new Error(`shard-rebalance ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
  }

  end(): Promise<void> {
    return this.#stop();
  }
}

/** This process's variables without settings of the product. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ORDERSHARD_'));
  return { ...Object.fromEntries(kept), NODE_OPTIONS: '' };
}
