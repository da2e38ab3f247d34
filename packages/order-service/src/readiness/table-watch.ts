import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ordershard/process';
import { readPartitionsAhead } from '@ordershard/rebalance/partitions';
import { guardedTablesOf, missingDefiners, type ShardRouter } from '@ordershard/shard-router';
import { TABLES } from '../registry.ts';
import { degradedTables } from './judge-tables.ts';
import type { TableState } from './table-state.ts';

const INTERVAL_MS = 30_000;

const NOTHING_WRONG: TableState = {
  shard: -1,
  partitions: { shard: -1, days: Number.POSITIVE_INFINITY, until: undefined, tables: [] },
  missingDefiners: [],
};

/** Checks regularly whether the tables of all live shards can take orders today and in the coming days. */
export class TableWatch {
  readonly #router: Pick<ShardRouter, 'liveShards' | 'onShard'>;
  readonly #log: Logger;
  readonly #states = new Map<number, TableState>();
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;

  constructor(
    router: Pick<ShardRouter, 'liveShards' | 'onShard'>,
    log: Logger,
    intervalMs: number = INTERVAL_MS,
  ) {
    this.#router = router;
    this.#log = log;
    this.#watching = this.#watch(intervalMs);
  }

  /** The state of each shard at the last look. A shard that was not looked at yet is missing. */
  get states(): readonly TableState[] {
    return [...this.#states.values()];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(intervalMs: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await Promise.all(this.#router.liveShards().map((shard) => this.#look(shard)));
      await sleep(intervalMs * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** Logs each new problem once. */
  #tell(state: TableState): void {
    const before = new Set(degradedTables(this.#states.get(state.shard) ?? NOTHING_WRONG));
    const found = degradedTables(state).filter((what) => !before.has(what));
    if (found.length > 0) this.#log.error(state, `degraded: ${found.join(', ')}`);
  }

  async #look(shard: number): Promise<void> {
    try {
      const state = await this.#router.onShard(shard, async (session) => ({
        shard,
        partitions: await readPartitionsAhead(session, TABLES),
        missingDefiners: await missingDefiners(session, guardedTablesOf(TABLES)),
      }));
      this.#tell(state);
      this.#states.set(shard, state);
    } catch (error) {
      // Readiness reports a shard that is down by itself.
      if (!this.#stopping.signal.aborted)
        this.#log.debug({ shard, err: error }, 'its tables were not looked at');
    }
  }
}
