import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.ts';
import { type Seeded, seededFrom } from '../seeded.ts';
import { until, WaitedInVainError } from '../until.ts';
import { check } from './check/check.ts';
import { RELAYS } from './victim.ts';
import { Load } from './load.ts';
import { OutboxState, type TableState } from './outbox-state.ts';
import { RelaySlot } from './relay-slot.ts';
import { CLUSTER, type Servers, TABLES } from './servers.ts';

const LOOK_EVERY_MS = 100;

export interface SceneOptions {
  readonly servers: Servers;
  readonly random: Seeded;
  readonly findings: Findings;
  /** The file that is run as the relay. */
  readonly relay: string;
  readonly topicPrefix?: string;
  readonly relays?: number;
}

/** What faults are done to: servers, relays with proxies around them, and writers that keep them busy. */
export class Scene {
  readonly servers: Servers;
  readonly findings: Findings;
  readonly slots: readonly RelaySlot[];
  readonly load: Load;
  /** Events that were published again. */
  redelivered = 0;
  /** Messages on the topic. */
  messages = 0;
  readonly #state: OutboxState;
  readonly #random: Seeded;
  readonly #topicPrefix: string;
  /** The relays that faults are being done to. */
  readonly #taken = new Set<RelaySlot>();
  #broken: unknown;

  private constructor({ servers, random, findings, topicPrefix = '' }: SceneOptions, slots: RelaySlot[]) {
    this.servers = servers;
    this.findings = findings;
    this.slots = slots;
    this.#topicPrefix = topicPrefix;
    this.#random = seededFrom(random);
    this.load = new Load(servers.urls, seededFrom(random));
    this.#state = new OutboxState(servers.urls);
  }

  /** Starts all of it; the writers are at work. */
  static async open(options: SceneOptions): Promise<Scene> {
    const { servers, relay, topicPrefix = '', relays = RELAYS } = options;
    const slots: RelaySlot[] = [];
    try {
      for (let index = 0; index < relays; index += 1)
        slots.push(await RelaySlot.open(index, { servers, relay, topicPrefix }));
      await Promise.all(slots.map((slot) => slot.start()));
    } catch (error) {
      await Promise.all(slots.map((slot) => slot.close()));
      throw error;
    }
    const scene = new Scene(options, slots);
    scene.load.start().catch((error: unknown) => (scene.#broken = error));
    return scene;
  }

  /** Resolves when `holds`; fails at once when a writer has failed by itself. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(what, async () => {
      if (this.#broken !== undefined) throw this.#broken;
      if (await holds()) return true;
      await sleep(LOOK_EVERY_MS);
      return false;
    });
  }

  /** Who relays what; waits for shards that are down. */
  tables(): Promise<TableState[]> {
    return this.#state.tables();
  }

  /** The tables whose leases a relay holds, by what the shards say. */
  async heldBy({ holder }: RelaySlot): Promise<TableState[]> {
    return (await this.tables()).filter((table) => table.held && table.holder === holder);
  }

  /** Resolves when one of some tables is another relay's: its token has risen. */
  async takenOver(tables: readonly TableState[]): Promise<string> {
    let evidence: string | undefined;
    await this.until('a table to be taken over', async () => {
      const now = await this.tables();
      for (const { shard, table, token, holder } of tables) {
        const other = now.find((one) => one.shard === shard && one.table === table);
        if (other === undefined || other.token <= token || other.holder === holder) continue;
        evidence = `${table} of shard ${shard} went to ${other.holder}, token ${token} to ${other.token}`;
      }
      return evidence !== undefined;
    });
    return evidence!;
  }

  /** Calls `use` with a relay that holds tables. No other fault is done to that relay meanwhile. */
  async withHolder<T>(use: (slot: RelaySlot) => Promise<T>): Promise<T> {
    let slot: RelaySlot | undefined;
    await this.until('a relay that holds tables', async () => {
      const held = (await this.tables()).filter((table) => table.held);
      const holders = this.slots.filter(
        (one) => !this.#taken.has(one) && held.some(({ holder }) => holder === one.holder),
      );
      if (holders.length > 0) slot = this.#random.pick(holders);
      return slot !== undefined;
    });
    this.#taken.add(slot!);
    try {
      return await use(slot!);
    } finally {
      this.#taken.delete(slot!);
    }
  }

  /** Resolves when every table is held and relayed up to where it goes now. */
  async recovered(): Promise<void> {
    const ends = await this.#state.ends();
    await this.until('every table to be relayed again', async () => {
      const states = await this.tables();
      return ends.every(({ shard, table, lastId }) =>
        states.some(
          (one) => one.shard === shard && one.table === table && one.held && one.settledId >= lastId,
        ),
      );
    });
  }

  /** Ends the writing, waits until the relays say that all is published, and compares the topic with the tables. */
  async check(): Promise<void> {
    await this.load.end();
    if (this.#broken !== undefined) throw this.#broken;
    await Promise.all(this.slots.map(({ kafka }) => kafka.settled()));
    await Promise.all(this.slots.flatMap(({ shards }) => shards.map((shard) => shard.settled())));
    try {
      await this.#relayed();
    } catch (error) {
      // Rows that were not relayed are lost: the check has to find them.
      if (!(error instanceof WaitedInVainError)) throw error;
    }
    const { urls, brokers } = this.servers;
    const topic = `${this.#topicPrefix}orders.snapshots`;
    const seen = await check({ urls, brokers, topic, tables: TABLES, cluster: CLUSTER }, this.findings);
    this.redelivered = seen.redelivered;
    this.messages = seen.messages;
  }

  /** Ends writers, relays and proxies. */
  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await this.load.end();
    this.#state.close();
  }

  /** Resolves when the relays say of every table that all of it is published, and that no row can appear any more. */
  async #relayed(): Promise<void> {
    const ends = await this.#state.ends();
    await this.until('all tables to be relayed to their ends', async () => {
      const states = await this.tables();
      return ends.every(({ shard, table, lastId }) =>
        states.some(
          (one) => one.shard === shard && one.table === table && one.settledId >= lastId && one.gaps === '[]',
        ),
      );
    });
  }
}
