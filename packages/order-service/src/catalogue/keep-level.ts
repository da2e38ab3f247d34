import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ordershard/process';
import type { ShardRouter } from '@ordershard/shard-router';
import { levelCatalogue } from './level-catalogue.ts';

/** Between two looks at the catalogues of all shards: ids and revisions alone are read. Milliseconds. */
const INTERVAL_MS = 300_000;
/**
 * The pause after a shard was added, by the end of which a write that began before is surely over; and after a failed look.
 */
const AGAIN_MS = 15_000;

/** Keeps the shards' catalogues level. */
export class CatalogueKeeper {
  readonly #router: Pick<ShardRouter, 'liveShards' | 'onShard'>;
  readonly #log: Logger;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  #wake: () => void = () => undefined;
  /** Looks that are to follow soon. */
  #due = 0;

  constructor(router: Pick<ShardRouter, 'liveShards' | 'onShard'>, log: Logger) {
    this.#router = router;
    this.#log = log;
    this.#running = this.#run();
  }

  /** Looks now, and once more: a shard was added. */
  shardAdded(): void {
    this.#due = 2;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      // With jitter, so that processes that were started together do not look together.
      const waitMs = this.#due > 0 ? AGAIN_MS : INTERVAL_MS * (0.5 + Math.random());
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined)]);
      if (signal.aborted) return;
      try {
        const brought = await levelCatalogue(this.#router);
        if (brought > 0) this.#log.info({ brought }, 'shops brought to shards that had older ones');
        this.#due = Math.max(0, this.#due - 1);
      } catch (error) {
        this.#log.warn(
          { reason: (error as Error).message },
          'the catalogues of the shards were not compared',
        );
        this.#due = Math.max(1, this.#due);
      }
    }
  }
}
