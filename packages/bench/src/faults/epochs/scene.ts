import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TABLES } from '@ordershard/order-service';
import { makeArchive } from '@ordershard/rebalance/archive';
import { openCluster, type OperatorCluster } from '@ordershard/rebalance';
import { loadMap, type ShardMap } from '@ordershard/shard-router';
import type { MysqlFlavour, StackClock } from '@ordershard/stack';
import { CLUSTER, Store } from '../../move/store.ts';
import type { Findings } from '../findings.ts';
import { settle } from '../retention/settle.ts';
import type { Seeded } from '../seeded.ts';
import { Assignments } from './assignments.ts';
import { checkDay, checkReads, type Expected } from './check-day.ts';
import { DAY_MS, dayOf, dayOfNumber, type DaysPlan } from './days.ts';
import { Journal } from './journal.ts';
import type { Told } from './messages.ts';
import { OrderClient } from './order-client.ts';

const MEMBERS = 2;
const SHARDS = 3;
/** The shard that is added. */
export const NEW_SHARD = 2;
/**
 * How far two clocks are ahead of the databases, milliseconds: numbers of the first are accepted, those of the second are
 * not.
 */
export const EARLY_MS = 4_000;
const TOO_FAST_MS = 10_000;
/** A process that polls this seldom hears of no map by itself while the run lasts. */
const NEVER_MS = 2 ** 31 - 1;
/** The code with which a process is refused whose clock is too fast. */
export const TOO_FAST = 'ROUTER_CLOCK_APART';
/** One of this many orders has an idempotency key. */
const KEYED_EVERY = 4;

export interface SceneOptions {
  readonly plan: DaysPlan;
  readonly random: Seeded;
  readonly findings: Findings;
  readonly mysql?: MysqlFlavour | undefined;
  readonly progress: (message: string) => void;
}

export interface PlaceOptions {
  /** The codes of refusals that may occur. */
  readonly allowed?: readonly string[];
  /** One of this many orders has an idempotency key. */
  readonly keyedEvery?: number;
}

/** The processes of the order store. */
interface Crew {
  /** Hears of a new map within a second. */
  readonly informed: OrderClient;
  /** Looks for no map by itself. */
  readonly unaware: OrderClient;
  /** Has a shards file of its own, in which the new shard is missing for a while. */
  readonly uninformed: OrderClient;
  /** Its clock is 4 s fast: its numbers are taken. */
  readonly early: OrderClient;
  /** Its clock is 10 s fast: it draws no numbers. */
  readonly tooFast: OrderClient;
}

/** Two shards, a third that is yet to come, processes that write, and a clock that jumps. */
export class EpochScene {
  readonly store: Store;
  readonly clock: StackClock;
  readonly crew: Crew;
  readonly journal: Journal;
  readonly assignments: Assignments;
  readonly findings: Findings;
  readonly random: Seeded;
  readonly archive: string;
  readonly plan: DaysPlan;
  readonly #folder: string;
  readonly #firstDay: number;
  members = MEMBERS;

  private constructor(store: Store, crew: Crew, folder: string, { plan, random, findings }: SceneOptions) {
    this.store = store;
    this.clock = store.clock!;
    this.crew = crew;
    this.plan = plan;
    this.random = random;
    this.findings = findings;
    this.journal = new Journal(findings);
    this.assignments = new Assignments(findings);
    this.#folder = folder;
    this.archive = join(folder, 'archive');
    this.#firstDay = dayOf(this.clock.now().getTime());
  }

  static async open(options: SceneOptions): Promise<EpochScene> {
    const { mysql, progress } = options;
    const store = await Store.start({
      shards: SHARDS,
      members: MEMBERS,
      parts: ['mysql'],
      clock: true,
      mysql,
      progress,
    });
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-epochs-'));
    const started: OrderClient[] = [];
    const start = async (name: string, more: Partial<Parameters<typeof OrderClient.start>[1]> = {}) => {
      const client = await OrderClient.start(store, { name, ...more });
      started.push(client);
      return client;
    };
    try {
      await mkdir(join(folder, 'archive'));
      const shardsFile = join(folder, 'shards.json');
      await writeFile(shardsFile, JSON.stringify({ shards: store.shards.slice(0, MEMBERS) }));
      const [informed, unaware, uninformed, early, tooFast] = await Promise.all([
        start('a process that hears of maps'),
        start('a process that looks for no map', { mapPollMs: NEVER_MS }),
        start('a process that is not told of the shard', { shardsFile }),
        start('a process whose clock is 4 s fast', { clock: store.clock!.skewed(EARLY_MS) }),
        start('a process whose clock is 10 s fast', { clock: store.clock!.skewed(TOO_FAST_MS) }),
      ]);
      const scene = new EpochScene(store, { informed, unaware, uninformed, early, tooFast }, folder, options);
      await scene.onCluster(async (cluster) => {
        await (await makeArchive(scene.archive, cluster, 'faults')).close();
      });
      await scene.lookAtMap();
      return scene;
    } catch (error) {
      await Promise.all(started.map((client) => client.kill()));
      await rm(folder, { recursive: true, force: true });
      await store.end();
      throw error;
    }
  }

  /** Does something with the cluster as an operator's code does. */
  async onCluster<T>(act: (cluster: OperatorCluster) => Promise<T>): Promise<T> {
    const shards = this.store.shards.slice(0, this.members);
    const cluster = openCluster({ clusterId: CLUSTER, shards, application: { TABLES } });
    try {
      return await act(cluster);
    } finally {
      await cluster.close();
    }
  }

  /** The newest shard map, as the shards have it. */
  map(): Promise<ShardMap> {
    return this.onCluster(({ shards, clusterId, onShard }) => loadMap(shards, clusterId, onShard));
  }

  /** Notes which epochs there are now. */
  async lookAtMap(): Promise<void> {
    this.assignments.note(await this.map());
  }

  /** URLs of the shards that are in the cluster. */
  get urls(): readonly string[] {
    return this.store.urls.slice(0, this.members);
  }

  /** What orders are compared with now. */
  get expected(): Expected {
    const { journal, assignments, findings, plan, clock } = this;
    return { journal, assignments, findings, oldest: dayOf(clock.now().getTime()) - plan.keepDays };
  }

  /** Tells the process of the new shard that has not heard of it yet. */
  async inform(): Promise<void> {
    const file = join(this.#folder, 'shards.json');
    await writeFile(`${file}.new`, JSON.stringify({ shards: this.store.shards }));
    await rename(`${file}.new`, file);
  }

  /** Adds the third shard to the cluster. Its database exists already. */
  async addShard(): Promise<void> {
    await this.store.configure(SHARDS);
    await this.store.json(['shard', 'add', String(NEW_SHARD), '--yes', '--reason', 'grow']);
    this.members = SHARDS;
    await this.lookAtMap();
  }

  /** Noon of a day, counted from the first. */
  jumpToDay(at: number): void {
    if (at > 0) this.clock.jumpTo(new Date((this.#firstDay + at) * DAY_MS + DAY_MS / 2));
  }

  jumpAhead(ms: number): void {
    this.clock.jumpTo(new Date(this.clock.now().getTime() + ms));
  }

  /** Places `count` orders through all processes at once, and ends them through others: then they are final. */
  async live(count: number): Promise<void> {
    const { informed, unaware, uninformed, early, tooFast } = this.crew;
    const placers = [informed, unaware, uninformed, early];
    const each = Math.ceil(count / placers.length);
    await Promise.all([
      ...placers.map((client) => this.place(client, each)),
      this.place(tooFast, 5, { allowed: [TOO_FAST] }),
    ]);
    await this.endAll();
  }

  /** Has a process place orders, and notes its answers. */
  async place(
    client: OrderClient,
    count: number,
    { allowed = [], keyedEvery = KEYED_EVERY }: PlaceOptions = {},
  ): Promise<Told> {
    const first = this.journal.take(count);
    const told = await client.ask({ do: 'place', first, count, keyedEvery });
    this.journal.note(told, allowed);
    return told;
  }

  /** Ends every order that is not final, through any process, also through the one whose clock is too fast. */
  async endAll(): Promise<void> {
    const open = [...this.journal.orders.values()].filter(({ status }) => status === 'created');
    const numbers = this.random.shuffled(open.map(({ number }) => number));
    const { informed, unaware, tooFast } = this.crew;
    const workers = [informed, unaware, tooFast];
    const each = Math.ceil(numbers.length / workers.length);
    await Promise.all(
      workers.map(async (client, at) => {
        const mine = numbers.slice(at * each, (at + 1) * each);
        this.journal.note(await client.ask({ do: 'cancel', numbers: mine }));
      }),
    );
  }

  /** Runs retention as an operator does, on all that is published. */
  async retain(): Promise<void> {
    await settle(this.store.shards.slice(0, this.members));
    const keep = ['--keep-days', String(this.plan.keepDays), '--archive', this.archive];
    const args = ['retention', 'run', '--yes', ...keep, '--output', 'json'];
    const { code, stdout, stderr } = await this.store.command(args);
    if (code !== 0)
      this.findings.add('mismatched', 'retention', `ended with ${code}: ${stderr.slice(-500)} ${stdout}`);
  }

  /**
   * Compares every order with its row, and looks for orders by number through the routers.
   *
   * @param reads how many of them; all by default
   * @returns orders by shard
   */
  async check(reads = Infinity): Promise<readonly number[]> {
    const { expected } = this;
    const counts = await checkDay(this.urls, expected);
    const kept = [...this.journal.orders.keys()].filter((number) => dayOfNumber(number) >= expected.oldest);
    const { informed, unaware, tooFast } = this.crew;
    const readers = [informed, unaware, tooFast];
    const numbers = kept.length <= reads ? kept : Array.from({ length: reads }, () => this.random.pick(kept));
    const each = Math.ceil(numbers.length / readers.length);
    await Promise.all(
      readers.map(async (client, at) => {
        const mine = numbers.slice(at * each, (at + 1) * each);
        const told = await client.ask({ do: 'read', numbers: mine });
        this.journal.note(told);
        checkReads(mine, told.reads, client.name, expected);
      }),
    );
    return counts;
  }

  async close(): Promise<void> {
    await Promise.all(
      Object.values(this.crew as unknown as Record<string, OrderClient>).map((client) => client.kill()),
    );
    await rm(this.#folder, { recursive: true, force: true });
    await this.store.end();
  }
}
