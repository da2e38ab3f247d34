import { type ShardRouter, type ShardSession, ShardUnavailableError } from '@ordershard/shard-router';
import { InflowNotStoredError } from './errors.ts';
import { type InflowChange, inflowChangeShape } from './inflow-change.ts';
import { insertInflowChange } from './sql/insert-inflow-change.ts';
import {
  selectInflowHistory,
  selectInflowState,
  selectLastInflowChanges,
} from './sql/select-inflow-changes.ts';

type InflowRouter = Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard'>;

/**
 * The limits of the inflow, and who has changed them, in a table of every shard. A change is written to all shards that
 * answer, and a read takes the newest of all that answer. So a process that starts later, or that the bus does not reach,
 * finds it too.
 */
export class ShardInflow {
  readonly #router: InflowRouter;

  constructor(router: InflowRouter) {
    this.#router = router;
  }

  /**
   * Stores a change on all shards that answer. Throws ShardUnavailableError when none does, and {@link InflowNotStoredError}
   * when there is no shard.
   */
  async store(change: InflowChange): Promise<void> {
    const results = await this.#each((session) => insertInflowChange(session, change));
    if (results.length === 0) throw new InflowNotStoredError('no shard took the change');
  }

  /**
   * Returns the highest revision that any shard has, and the time by the clocks of the shards, Unix milliseconds: of several,
   * the one in the middle. Throws ShardUnavailableError when no shard answers.
   */
  async state(): Promise<{ readonly highest: bigint; readonly nowMs: number }> {
    const states = await this.#each(selectInflowState);
    const clocks = states.map(({ now_ms: ms }) => Math.floor(Number(ms))).toSorted((a, b) => a - b);
    const highest = states.reduce(
      (most, { revision }) => (BigInt(revision) > most ? BigInt(revision) : most),
      0n,
    );
    return { highest, nowMs: clocks[Math.floor((clocks.length - 1) / 2)]! };
  }

  /** The last change of each scope. Throws ShardUnavailableError when no shard answers. */
  async last(): Promise<readonly InflowChange[]> {
    const newest = new Map<string, InflowChange>();
    for (const change of (await this.#each(selectLastInflowChanges)).flat().map(changeOf)) {
      const known = newest.get(change.scope);
      if (known === undefined || BigInt(change.revision) > BigInt(known.revision))
        newest.set(change.scope, change);
    }
    return [...newest.values()];
  }

  /** The newest changes of all scopes, the last one first. Throws ShardUnavailableError when no shard answers. */
  async history(limit: number): Promise<readonly InflowChange[]> {
    const found = (await this.#each((session) => selectInflowHistory(session, limit))).flat().map(changeOf);
    const once = new Map(found.map((change) => [change.revision, change]));
    return [...once.values()]
      .toSorted((a, b) => (BigInt(a.revision) < BigInt(b.revision) ? 1 : -1))
      .slice(0, limit);
  }

  /**
   * Returns what `fn` returns on each shard that answers. Throws ShardUnavailableError when none does, and any other error of
   * `fn`.
   */
  async #each<T>(fn: (session: ShardSession) => Promise<T>): Promise<T[]> {
    const results = await Promise.allSettled(
      this.#router.allShards().map((shard) => this.#router.onShard(shard, fn)),
    );
    const given = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const unexpected = failures.find((error) => !(error instanceof ShardUnavailableError));
    if (unexpected !== undefined) throw unexpected;
    if (given.length === 0 && failures.length > 0) throw failures[0];
    return given;
  }
}

function changeOf(body: string): InflowChange {
  return inflowChangeShape.parse(JSON.parse(body));
}
