import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace, OwnProcess } from '@ordershard/stack';
import { READ_MODEL, ReadModelScene, RELAY } from '../../rebuild/scene.ts';
import type { Findings } from '../findings.ts';
import { plantedEnv } from '../planted/planted-env.ts';
import { compareViews, differing } from '../read/check/compare.ts';
import { ordersOf } from '../read/check/orders.ts';
import { ProjectorSlot, type SlotOptions } from '../read/projector-slot.ts';
import { VersionWatch } from '../read/version-watch.ts';
import { until, WaitedInVainError } from '../until.ts';
import { checkLetters, lettersMissing } from './check/letters.ts';
import { checkForeignViews } from './check/views.ts';
import { Foreign } from './foreign.ts';
import { Load } from './load.ts';
import { Logs } from './logs.ts';
import { lagOf, readinessOf } from './relay-place.ts';
import type { Victims } from '../read-side-servers.ts';

const LOOK_EVERY_MS = 50;

/** Retries within seconds: servers are away for longer than all of them. */
export const RETRY_DELAYS_S = [0.3, 0.6, 1.2] as const;

/** How long readiness may take to name the part that stands still. */
const NAMED_WITHIN_MS = 30_000;

/** How long the stand-still of one partition may take to be noticed: the next message has to arrive there first. */
const LOOKS_MS = 3_000;

/** How long everything may take to recover, and messages on their way may take to arrive. */
const RECOVERED_WITHIN_MS = 60_000;

/** How long a command may take. It bounds a hang, on a machine that may be busy. */
const COMMAND_WITHIN_MS = 240_000;

/** Orders that are placed to see whether all partitions flow. */
const PROBES = 12;

/** The level of a log line with which a process dies or gives up its work. */
const FATAL = 60;

const BUGS_MODULE = new URL('planted/bugs.ts', import.meta.url).href;

export interface SceneOptions {
  /** Its names on the servers. */
  readonly namespace: Namespace;
  /** The servers themselves, where they are this run's own and harm may be done to them. */
  readonly victims?: Victims | undefined;
  readonly findings: Findings;
  readonly projectors?: number;
  /** The bug that relay and projectors have. */
  readonly planted?: string | undefined;
  /** How long everything may take to recover; for bugs that are known to prevent that. */
  readonly patienceMs?: number;
  /** Whether the scene stops waiting as soon as there is a finding. */
  readonly hasty?: boolean;
}

/** The processes whose readiness has to say that something stands still. */
export type Teller = 'relay' | 'projectors';

/** Honest orders on their way from the shards to their views, and every part that the faults harm meanwhile. */
export class Scene {
  readonly findings: Findings;
  readonly foreign: Foreign;
  readonly load: Load;
  readonly logs: Logs;
  readonly slots: readonly ProjectorSlot[];
  /** Whether messages were taken away before they were read, so that views have to be repaired. */
  expired = false;
  /** Copies of honest messages that were sent once more. */
  repeated = 0;
  readonly #victims: Victims | undefined;
  readonly #model: ReadModelScene;
  readonly #relay: OwnProcess;
  readonly #watch: VersionWatch;
  readonly #slotOptions: SlotOptions;
  readonly #patienceMs: number;
  readonly #hasty: boolean;

  private constructor(
    { victims, findings, patienceMs = RECOVERED_WITHIN_MS, hasty = false }: SceneOptions,
    parts: {
      readonly model: ReadModelScene;
      readonly relay: OwnProcess;
      readonly slots: readonly ProjectorSlot[];
      readonly slotOptions: SlotOptions;
      readonly watch: VersionWatch;
    },
  ) {
    this.#victims = victims;
    this.findings = findings;
    this.#patienceMs = patienceMs;
    this.#hasty = hasty;
    this.#model = parts.model;
    this.#relay = parts.relay;
    this.slots = parts.slots;
    this.#slotOptions = parts.slotOptions;
    this.#watch = parts.watch;
    this.foreign = new Foreign(this.brokers);
    this.logs = new Logs(this.brokers);
    this.load = new Load(this.#model);
  }

  /** Starts all of it; orders are placed and changed. */
  static async open(options: SceneOptions): Promise<Scene> {
    const { namespace, findings, projectors = 2, planted } = options;
    const model = await ReadModelScene.create(namespace);
    const slots: ProjectorSlot[] = [];
    const watch = new VersionWatch(model.env['ORDERSHARD_MONGODB_URL']!, findings);
    try {
      const plant = plantedEnv(BUGS_MODULE, planted);
      const relay = await model.start(RELAY, ['relay'], plant);
      await model.db.createCollection('order_views');
      await watch.start();
      const env = { ...model.env, ...plant, ORDERSHARD_RETRY_DELAYS: RETRY_DELAYS_S.join(',') };
      const slotOptions = { env, projector: READ_MODEL };
      for (let index = 0; index < projectors; index += 1)
        slots.push(await ProjectorSlot.open(`projector-${index}`, index % 2 === 0, slotOptions));
      await Promise.all(slots.map((slot) => slot.start()));
      return new Scene(options, { model, relay, slots, slotOptions, watch });
    } catch (error) {
      await Promise.all([...slots.map((slot) => slot.close()), watch.stop()]);
      await model.end();
      throw error;
    }
  }

  /** The servers, to do them harm. */
  get servers(): Victims {
    if (this.#victims === undefined) throw new Error('these servers are used by others too');
    return this.#victims;
  }

  get brokers(): string {
    return this.#env('ORDERSHARD_KAFKA_BROKERS');
  }

  get mongoUrl(): string {
    return this.#env('ORDERSHARD_MONGODB_URL');
  }

  /** The topic that is projected. */
  get topic(): string {
    return `${this.#env('ORDERSHARD_TOPIC_PREFIX')}orders.snapshots`;
  }

  get deadLetterTopic(): string {
    return `${this.topic}.dlq`;
  }

  get retryTopics(): readonly string[] {
    return RETRY_DELAYS_S.map((_, at) => `${this.topic}.retry.${at + 1}`);
  }

  get views() {
    return this.#model.views();
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

  /** Opens one more place for a projector, which gets `brokersBefore` before the real one. The caller closes it. */
  extra(name: string, brokersBefore: readonly string[]): Promise<ProjectorSlot> {
    return ProjectorSlot.open(name, false, { ...this.#slotOptions, brokersBefore });
  }

  /**
   * Waits until all `tellers` are not ready, or not well, and name a reason that fits. When that takes longer than readiness
   * may take, it adds a finding.
   *
   * @returns after how long it was named and by which words; or who did not name it
   */
  async named(what: string, tellers: readonly Teller[], reason: RegExp): Promise<string> {
    const began = performance.now();
    let left: string[] = [];
    let said = '';
    try {
      await this.until(
        `readiness to name ${what}`,
        async () => {
          const all = await this.#readiness(tellers);
          left = all
            .filter(({ problems }) => !problems.some((one) => reason.test(one)))
            .map(({ name }) => name);
          said = all[0]?.problems.find((one) => reason.test(one)) ?? '';
          return left.length === 0;
        },
        NAMED_WITHIN_MS,
      );
    } catch (error) {
      if (!(error instanceof WaitedInVainError)) throw error;
      this.findings.add(
        'misjudged',
        what,
        `${left.join(', ')} did not name it within ${NAMED_WITHIN_MS / 1_000} s`,
      );
      return `not named by ${left.join(', ')}`;
    }
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    return `named after ${seconds} s: ${said.slice(0, 160)}`;
  }

  /** Like {@link named}, by any one projector: the one that reads the partition. */
  async namedByOne(what: string, reason: RegExp): Promise<string> {
    const began = performance.now();
    let said: string | undefined;
    try {
      await this.until(
        `readiness to name ${what}`,
        async () => {
          const all = await this.#readiness(['projectors']);
          said = all
            .filter(({ ok }) => !ok)
            .flatMap(({ problems }) => problems)
            .find((one) => reason.test(one));
          return said !== undefined;
        },
        NAMED_WITHIN_MS + LOOKS_MS,
      );
    } catch (error) {
      if (!(error instanceof WaitedInVainError)) throw error;
      this.findings.add('misjudged', what, `no projector named it within ${NAMED_WITHIN_MS / 1_000} s`);
      return 'not named';
    }
    return `named after ${((performance.now() - began) / 1_000).toFixed(1)} s: ${said!.slice(0, 160)}`;
  }

  /** Resolves when each foreign message so far that has to be a dead letter is one, or when that takes too long. */
  lettersSettled(): Promise<void> {
    return this.#settled('all letters', async () => (await lettersMissing(this)).length === 0);
  }

  /**
   * Resolves when relay and projectors are ready, and orders that are placed then have their views. @throws WaitedInVainError
   */
  async recovered(): Promise<void> {
    this.#alive();
    let left: readonly string[] = [];
    const ready = async () => {
      this.#alive();
      if (this.#isOver) return true;
      const all = await this.#readiness(['relay', 'projectors']);
      left = all.filter(({ ok }) => !ok).map(({ name, problems }) => `${name}: ${problems.join('; ')}`);
      return left.length === 0;
    };
    try {
      await this.until('relay and projectors to be ready', ready, this.#patienceMs);
    } catch (error) {
      if (error instanceof WaitedInVainError)
        throw new WaitedInVainError(`${error.message}: ${left.join(' | ')}`);
      throw error;
    }
    if (this.#isOver) return;
    let placed: readonly bigint[] = [];
    await this.until('orders to be placed', async () => {
      placed = await this.#model.place(PROBES).catch(() => []);
      return placed.length > 0;
    });
    await this.until(
      'new orders to have their views',
      async () =>
        (await this.views.countDocuments({ _id: { $in: [...placed] } }).catch(() => 0)) === placed.length,
      this.#patienceMs,
    );
    this.#alive();
  }

  /**
   * Resolves when the relay has published all rows, and the projectors have committed all messages of the topic. The caller
   * has to hold the load meanwhile.
   */
  async readUp(): Promise<void> {
    await this.until('all to be published', async () => (await lagOf(this.#relay)) === 0);
    await this.until('all to be read', async () => {
      const [ends, committed] = [await this.logs.ends(this.topic), await this.committed()];
      return ends.every((end, partition) => end === 0n || committed[partition]! >= end);
    });
  }

  /** What the projectors have committed of the topic, by partition. */
  committed(): Promise<readonly bigint[]> {
    return this.logs.committed(`${this.#env('ORDERSHARD_TOPIC_PREFIX')}read-model`, this.topic);
  }

  /** Ends the load. Compares views with orders, dead letters with the foreign messages, and everything with verify. */
  async check(): Promise<void> {
    await this.load.stop();
    this.#alive();
    const orders = await ordersOf(this.#env('ORDERSHARD_MYSQL_URLS').split(','));
    await this.lettersSettled();
    if (this.expired) await this.#model.readModel(['repair', '--json', '--rate', '1000000']);
    await this.#settled('all views', async () => (await differing(this.#model.db, orders)).size === 0);
    await checkLetters(this);
    await this.#watch.stop();
    await checkForeignViews(this);
    await compareViews(this.#model.db, orders, this.findings);
    if (!this.#isOver) await this.#commands();
  }

  /** Ends projectors, relay, load and watch, and removes all names. */
  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await this.load.stop();
    await this.#watch.stop();
    await this.#model.end();
  }

  /** Runs the product's own commands: verify has to find nothing, and dead letters can be listed. */
  async #commands(): Promise<void> {
    const { json, exitCode, stderr } = await this.#model.readModel(['verify', '--json', '--rate', '1000000']);
    const { changed, missing, extra, stale, unsettled } = json;
    const counts = { changed, missing, extra, stale, unsettled };
    if (exitCode !== 0 || Object.values(counts).some((count) => Number(count) !== 0))
      this.findings.add('mismatched', 'verify', `it found ${JSON.stringify(counts)} ${stderr.slice(-300)}`);
    const list = await this.#model.readModel(
      ['dlq', 'list', '--limit', '3', '--json'],
      AbortSignal.timeout(COMMAND_WITHIN_MS),
    );
    if (list.exitCode !== 0)
      this.findings.add(
        'failed',
        'dlq list',
        `ended with ${list.signal ?? list.exitCode}: ${list.stderr.slice(-300)}`,
      );
  }

  /** Adds findings for processes that have ended or have given up their work. */
  #alive(): void {
    const all = [
      { name: 'relay', pid: this.#relay.pid, log: this.#relay.log },
      ...this.slots.map(({ name, pid, log }) => ({ name, pid, log })),
    ];
    for (const { name, pid, log } of all) {
      if (!isRunning(pid)) this.findings.add('failed', name, `its process ${pid} ended`);
      for (const line of log)
        if (Number(line['level']) >= FATAL)
          this.findings.add('failed', name, `it gave up: ${JSON.stringify(line).slice(0, 400)}`);
    }
  }

  async #readiness(tellers: readonly Teller[]) {
    const places = [
      ...(tellers.includes('relay') ? [{ name: 'relay', ask: () => readinessOf(this.#relay) }] : []),
      ...(tellers.includes('projectors')
        ? this.slots.map((slot) => ({ name: slot.name, ask: () => slot.readiness() }))
        : []),
    ];
    return Promise.all(
      places.map(async ({ name, ask }) => {
        const { ok, problems } = (await ask()) ?? { ok: false, problems: [] };
        return { name, ok, problems };
      }),
    );
  }

  /** Waits for something that may never come. Returns after the time-out too: then the comparison says what is wrong. */
  async #settled(what: string, holds: () => Promise<boolean>): Promise<void> {
    try {
      await this.until(what, async () => this.#isOver || (await holds()), this.#patienceMs);
    } catch (error) {
      if (!(error instanceof WaitedInVainError)) throw error;
    }
  }

  /** Whether the scene looks for nothing more: it is hasty, and there is a finding. */
  get #isOver(): boolean {
    return this.#hasty && this.findings.all().length > 0;
  }

  #env(name: string): string {
    return this.#model.env[name] ?? '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
