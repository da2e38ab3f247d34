import { fileURLToPath } from 'node:url';
import { TABLES } from '@ordershard/order-service';
import {
  type BucketMove,
  cleanUp,
  type MoveCluster,
  type MovePlan,
  type MoveStatus,
  openCluster,
  readMoves,
  verifyMoves,
  planFor,
} from '@ordershard/rebalance';
import { loadMap } from '@ordershard/shard-router';
import { type MysqlFlavour, type OwnProcess, startProcess } from '@ordershard/stack';
import { CLUSTER, Store } from '../../move/store.ts';
import type { Findings } from '../findings.ts';
import type { Seeded } from '../seeded.ts';
import { until } from '../until.ts';
import { checkRows } from './check-rows.ts';
import { Crew } from './crew.ts';
import { allRelayed, checkEvents, type EventCounts } from './events.ts';
import { Mover, type MoverWork } from './mover.ts';

const RELAY = fileURLToPath(new URL('../../../../outbox/src/bin.ts', import.meta.url));

/** Orders before anything moves. */
const ORDERS = 2_000;
/** Answers after which the writing is taken to have recovered from a fault. */
const RECOVERED = 20;

export interface SceneOptions {
  readonly mysql?: MysqlFlavour | undefined;
  readonly random: Seeded;
  readonly findings: Findings;
  readonly orders?: number;
  readonly progress: (message: string) => void;
}

/** What faults are done to: two shards, a relay, a process that writes, and movers. */
export class MoveScene {
  readonly store: Store;
  readonly crew: Crew;
  readonly cluster: MoveCluster;
  readonly findings: Findings;
  readonly random: Seeded;
  readonly #relay: OwnProcess;
  readonly #movers = new Set<Mover>();

  private constructor(store: Store, crew: Crew, relay: OwnProcess, { findings, random }: SceneOptions) {
    this.store = store;
    this.crew = crew;
    this.#relay = relay;
    this.findings = findings;
    this.random = random;
    this.cluster = openCluster({ clusterId: CLUSTER, shards: store.shards, application: { TABLES } });
  }

  static async open(options: SceneOptions): Promise<MoveScene> {
    const { mysql, random, findings, orders = ORDERS, progress } = options;
    const store = await Store.start({
      shards: 2,
      members: 2,
      buckets: 256,
      parts: ['mysql', 'kafka'],
      mysql,
      progress,
    });
    try {
      const relay = await startProcess({
        file: RELAY,
        args: ['relay'],
        env: store.env,
        readyWithinMs: 120_000,
      });
      const crew = await Crew.open(store, 1, random, findings);
      await crew.fill(orders, progress);
      crew.start();
      return new MoveScene(store, crew, relay, options);
    } catch (error) {
      await store.end();
      throw error;
    }
  }

  /** A plan for one bucket of numbers, or of keys, to the shard that does not own it. */
  async planOne(kind: BucketMove['kind']): Promise<MovePlan> {
    const map = await loadMap(this.cluster.shards, CLUSTER, this.cluster.onShard);
    const owners = kind === 'numbers' ? map.epochs.at(-1)!.owners : map.keyOwners;
    const bucket = this.random.between(0, map.bucketCount);
    const from = owners[bucket]!;
    return planFor(map, [{ kind, bucket, from, to: 1 - from }]);
  }

  mover(work: MoverWork): Mover {
    const mover = new Mover(this.store, work);
    this.#movers.add(mover);
    return mover;
  }

  /** Runs movers until one comes to its end: for a while shards are still held for the dead ones. */
  async settle(action: 'resume' | 'rollback'): Promise<void> {
    await until(`${action} to come to its end`, async () => {
      const { how, message } = await this.mover({ action }).ended;
      if (how === 'done') return true;
      if (how === 'REBALANCE_SHARD_BUSY' || how === 'ROUTER_SHARD_UNAVAILABLE') return false;
      throw new Error(`${action} ended with ${how}: ${message}`);
    });
  }

  /** The book of a plan's one move. */
  async booked({ id }: MovePlan): Promise<MoveStatus | undefined> {
    return (await readMoves(this.cluster)).find(({ planId }) => planId === id);
  }

  /** The shards whose fences say that they own a bucket. */
  async ownersOf({ kind, bucket }: BucketMove): Promise<readonly number[]> {
    const table = kind === 'numbers' ? 'bucket_fences' : 'key_fences';
    const owners: number[] = [];
    for (const shard of this.cluster.shards) {
      const rows = await this.cluster.onShard(shard, (session) =>
        session.query<{ state: string }>(`SELECT state FROM ${table} WHERE bucket = ?`, [bucket]),
      );
      if (rows.some(({ state }) => state === 'owned')) owners.push(shard);
    }
    return owners;
  }

  /** Checks that a settled move has left one owner, the right one, and nothing that differs. */
  async checkMove(plan: MovePlan): Promise<void> {
    const [move] = plan.moves;
    const owners = await this.ownersOf(move!);
    const step = (await this.booked(plan))?.step;
    const owner = step === 'moved' || step === 'cleaned' ? move!.to : move!.from;
    if (owners.length !== 1 || owners[0] !== owner)
      this.findings.add(
        'mismatched',
        `bucket ${move!.bucket}`,
        `${step}: owned by ${owners.join(' and ') || 'nobody'}`,
      );
    for (const { bucket, table, examples } of await verifyMoves(this.cluster, { planId: plan.id }))
      this.findings.add('mismatched', `bucket ${bucket}`, `${table} differs: ${examples.join(', ')}`);
  }

  /** Resolves when the writing goes on. */
  async recovered(): Promise<void> {
    const before = this.crew.answered;
    await until('requests to be answered again', () => {
      this.crew.check();
      return this.crew.answered >= before + RECOVERED;
    });
  }

  /** Ends the writing, removes what moves have left behind, and compares all rows and events. */
  async check(): Promise<EventCounts> {
    await this.crew.rest();
    await cleanUp(this.cluster, { by: 'faults', throttle: 'off', graceMs: 0 });
    await checkRows(this.store.urls, this.crew.journal, this.findings);
    await until('all to be relayed', () => allRelayed(this.store.urls), 600_000);
    const topic = `${this.store.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`;
    return checkEvents(this.store.urls, this.store.env['ORDERSHARD_KAFKA_BROKERS']!, topic, this.findings);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#movers].map((mover) => mover.kill()));
    await this.crew.close();
    await this.cluster.close();
    await this.#relay.kill();
    await this.store.end();
  }
}
