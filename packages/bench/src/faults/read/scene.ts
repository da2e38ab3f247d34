import { setTimeout as sleep } from 'node:timers/promises';
import { ReadModelScene, RELAY } from '../../rebuild/scene.ts';
import type { Findings } from '../findings.ts';
import { messagesOf } from '../relay/check/topic.ts';
import { type Seeded, seededFrom } from '../seeded.ts';
import { until, WaitedInVainError } from '../until.ts';
import { compareViews, differing } from './check/compare.ts';
import { type Expected, ordersOf } from './check/orders.ts';
import { Poison } from './poison.ts';
import { ProjectorSlot, type SlotOptions } from './projector-slot.ts';
import type { Servers } from '../read-side-servers.ts';
import { VersionWatch } from './version-watch.ts';

const LOOK_EVERY_MS = 50;

/** A new order that has no view after this is followed by another. */
const ASK_AGAIN_MS = 3_000;

/** Retries within seconds, so that what is poison is a dead letter soon. */
const RETRY_DELAYS = '0.3,0.6,1.2';

export interface SceneOptions {
  readonly servers: Servers;
  readonly random: Seeded;
  readonly findings: Findings;
  /** The file that is run as the projector. */
  readonly projector: string;
  readonly projectors?: number;
  /** Whether dead letters are kept and replayed; a projector by hand does neither. */
  readonly letters?: boolean;
}

/** What faults are done to: projectors with proxies around them, their servers, and orders that keep them busy. */
export class Scene {
  readonly servers: Servers;
  readonly findings: Findings;
  readonly slots: readonly ProjectorSlot[];
  readonly poison: Poison;
  /** Events that were published once more. */
  repeated = 0;
  readonly #model: ReadModelScene;
  readonly #random: Seeded;
  readonly #watch: VersionWatch;
  readonly #slotOptions: SlotOptions;
  readonly #letters: boolean;
  readonly #traffic: ReturnType<ReadModelScene['traffic']>;
  /** The projectors that faults are being done to. */
  readonly #taken = new Set<ProjectorSlot>();

  private constructor(
    options: SceneOptions,
    model: ReadModelScene,
    slots: ProjectorSlot[],
    slotOptions: SlotOptions,
    watch: VersionWatch,
  ) {
    this.#slotOptions = slotOptions;
    this.servers = options.servers;
    this.findings = options.findings;
    this.slots = slots;
    this.#model = model;
    this.#random = seededFrom(options.random);
    this.#watch = watch;
    this.#letters = options.letters ?? true;
    this.poison = new Poison(model);
    this.#traffic = model.traffic(10, 60);
  }

  /** Starts all of it; orders are placed and changed. */
  static async open(options: SceneOptions): Promise<Scene> {
    const { servers, findings, projector, projectors = 3 } = options;
    const model = await ReadModelScene.create(await servers.namespace('faults'));
    const slots: ProjectorSlot[] = [];
    const watch = new VersionWatch(model.env['ORDERSHARD_MONGODB_URL']!, findings);
    try {
      await model.start(RELAY, ['relay']);
      await Poison.arm(model.db);
      await watch.start();
      const slotOptions = { env: { ...model.env, ORDERSHARD_RETRY_DELAYS: RETRY_DELAYS }, projector };
      for (let index = 0; index < projectors; index += 1)
        slots.push(await ProjectorSlot.open(`projector-${index}`, index % 2 === 0, slotOptions));
      await Promise.all(slots.map((slot) => slot.start()));
      return new Scene(options, model, slots, slotOptions, watch);
    } catch (error) {
      await Promise.all([...slots.map((slot) => slot.close()), watch.stop()]);
      await model.end();
      throw error;
    }
  }

  get env(): Readonly<Record<string, string>> {
    return this.#model.env;
  }

  get brokers(): string {
    return this.env['ORDERSHARD_KAFKA_BROKERS']!;
  }

  /** The topic that is projected. */
  get topic(): string {
    return `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`;
  }

  get orders(): number {
    return this.#traffic.numbers.length + this.poison.orders;
  }

  get changes(): number {
    return this.#watch.changes;
  }

  /** Resolves when `holds`. @throws WaitedInVainError */
  until(what: string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<void> {
    return until(
      what,
      async () => {
        if (await holds()) return true;
        await sleep(LOOK_EVERY_MS);
        return false;
      },
      withinMs,
    );
  }

  /** Opens one more place for a projector; who opens it closes it. */
  extra(name: string): Promise<ProjectorSlot> {
    return ProjectorSlot.open(name, false, this.#slotOptions);
  }

  /** Calls `use` with a projector that has partitions, and to which no other fault is done meanwhile. */
  async withProjector<T>(use: (slot: ProjectorSlot) => Promise<T>): Promise<T> {
    let slot: ProjectorSlot | undefined;
    await this.until('a projector that has partitions', async () => {
      const free = this.slots.filter((one) => !this.#taken.has(one));
      const states = await Promise.all(free.map((one) => one.readiness()));
      const busy = free.filter((_, at) => (states[at]?.partitions.length ?? 0) > 0);
      if (busy.length > 0) slot = this.#random.pick(busy);
      return slot !== undefined;
    });
    this.#taken.add(slot!);
    try {
      return await use(slot!);
    } finally {
      this.#taken.delete(slot!);
    }
  }

  /** The partitions that projectors say are theirs, but for one of them. */
  async partitionsOfOthers(slot: ProjectorSlot): Promise<Set<number>> {
    const others = this.slots.filter((one) => one !== slot);
    const states = await Promise.all(others.map((one) => one.readiness()));
    return new Set(states.flatMap((state) => state?.partitions ?? []));
  }

  /** Resolves when every projector is ready, and an order that is placed then has its view. */
  async recovered(): Promise<void> {
    await this.until('all projectors to be ready', async () => {
      const states = await Promise.all(this.slots.map((slot) => slot.readiness()));
      return states.every((state) => state?.ok === true);
    });
    const asked: bigint[] = [];
    let next = 0;
    await this.until('a new order to have its view', async () => {
      if (performance.now() >= next) {
        // One that a bug has lost is not waited for: that is for the check to find.
        asked.push(...(await this.#model.place(1)));
        next = performance.now() + ASK_AGAIN_MS;
      }
      return (await this.views.findOne({ _id: { $in: asked } }).catch(() => null)) !== null;
    });
  }

  get views() {
    return this.#model.views();
  }

  /** Ends the traffic, and compares all views with all orders, dead letters with what was poison, and with verify. */
  async check(): Promise<void> {
    await this.#traffic.stop();
    const urls = this.env['ORDERSHARD_MYSQL_URLS']!.split(',');
    const orders = await ordersOf(urls);
    const poisoned = this.poison.numbers;
    await this.#settled(async () => {
      const left = await differing(this.#model.db, orders);
      return [...left].every((number) => poisoned.has(number));
    });
    if (this.#letters) {
      await this.#settled(async () => (await this.poison.missing(this.brokers, this.topic)).length === 0);
      for (const name of await this.poison.missing(this.brokers, this.topic))
        this.findings.add('lost', name, 'it was poison, and is not among the dead letters with its reason');
      for (const number of poisoned)
        if ((await this.views.findOne({ _id: BigInt(number) })) !== null)
          this.findings.add('mismatched', number, 'MongoDB refuses its view, and has it');
      await Poison.disarm(this.#model.db);
      if (poisoned.size > 0) await this.#replayed(orders);
    }
    await compareViews(this.#model.db, orders, this.findings);
    await this.#watch.stop();
    if (this.#letters) await this.#verify();
  }

  /** Messages of the topic, in some order. */
  messages() {
    return messagesOf(this.brokers, this.topic);
  }

  /** What projectors say of themselves, and where the events of orders lie that were lost: to find out why. */
  async standing(): Promise<string> {
    const states = await Promise.all(
      this.slots.map(async (slot) => `${slot.name} ${JSON.stringify(await slot.readiness())}`),
    );
    const lost = new Set(
      this.findings
        .all()
        .filter(({ kind }) => kind === 'lost')
        .map(({ subject }) => subject),
    );
    const events: string[] = [];
    for await (const { key, partition } of this.messages())
      if (lost.has(key)) events.push(`${key} in partition ${partition}`);
    return `${states.join('; ')}; events of lost orders: ${events.join(', ') || 'none'}`;
  }

  /** Ends projectors, proxies and watchers, and removes all names. */
  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await this.#traffic.stop().catch(() => undefined);
    await this.#watch.stop();
    await this.#model.end();
  }

  /** Replays what was refused, now that it no longer is. */
  async #replayed(orders: ReadonlyMap<string, Expected>): Promise<void> {
    await this.#model.command([
      'dlq',
      'replay',
      '--reason',
      'READ_MODEL_VIEW_REFUSED',
      '--why',
      'no longer refused',
      '--limit',
      '100000',
    ]);
    await this.#settled(async () => (await differing(this.#model.db, orders)).size === 0);
  }

  async #verify(): Promise<void> {
    const { json, exitCode } = await this.#model.readModel(['verify', '--json', '--rate', '1000000']);
    const { changed, missing, extra, stale, unsettled } = json;
    const found = [changed, missing, extra, stale, unsettled].map(Number);
    if (exitCode !== 0 || found.some((count) => count !== 0))
      this.findings.add(
        'mismatched',
        'verify',
        `it found ${JSON.stringify({ changed, missing, extra, stale, unsettled })}`,
      );
  }

  /** Waits for something that may never come: then the comparison says what is wrong. */
  async #settled(holds: () => Promise<boolean>): Promise<void> {
    try {
      await this.until('all to be projected', holds, this.#letters ? 60_000 : 6_000);
    } catch (error) {
      if (!(error instanceof WaitedInVainError)) throw error;
    }
  }
}
