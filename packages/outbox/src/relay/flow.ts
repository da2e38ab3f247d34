/** How long a table may be behind without moving before this is reported: within half a minute. Milliseconds. */
export const STALL_MS = 27_000;

/** A table that is behind and does not move. */
export interface Stall {
  readonly table: string;
  /** For how many milliseconds. */
  readonly forMs: number;
  /** What failed last. */
  readonly cause: string | undefined;
}

/**
 * Records whether a table moves. It moves each time its relay has published what it has read, or found nothing to publish.
 */
export class Flow {
  readonly #table: string;
  #movedAt: number;
  #cause: string | undefined;

  /** Times are in milliseconds of a monotonic clock. */
  constructor(table: string, now: number) {
    this.#table = table;
    this.#movedAt = now;
  }

  moved(now: number): void {
    this.#movedAt = now;
    this.#cause = undefined;
  }

  /** Notes why the table does not move. */
  failed(cause: string): void {
    this.#cause = cause;
  }

  /** Undefined while it moves. */
  stall(now: number): Stall | undefined {
    const forMs = now - this.#movedAt;
    return forMs < STALL_MS ? undefined : { table: this.#table, forMs, cause: this.#cause };
  }
}

/** The flows of the tables that one relay has to publish on a shard, whether it publishes them or not. */
export class Flows {
  readonly #flows = new Map<string, Flow>();

  /** Watches these tables, and no others. */
  keep(tables: ReadonlySet<string>, now: number): void {
    for (const table of this.#flows.keys()) if (!tables.has(table)) this.#flows.delete(table);
    for (const table of tables) this.of(table, now);
  }

  of(table: string, now: number): Flow {
    const flow = this.#flows.get(table) ?? new Flow(table, now);
    this.#flows.set(table, flow);
    return flow;
  }

  /** Notes that no table could move, for a reason that is reported elsewhere. */
  excuse(now: number): void {
    for (const flow of this.#flows.values()) flow.moved(now);
  }

  stalls(now: number): readonly Stall[] {
    return [...this.#flows.values()].flatMap((flow) => flow.stall(now) ?? []);
  }
}
