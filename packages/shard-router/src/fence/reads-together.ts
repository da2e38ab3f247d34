import {
  DeadlineExceededError,
  RouterClosedError,
  ShardAccessError,
  ShardUnavailableError,
} from '../errors.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented } from '../observe/telemetry.ts';
import type { Done, ShardPool } from '../pools/shard-pool.ts';
import { type TimeLimit, TimeLimits } from '../pools/time-limits.ts';
import type { Shape } from '../write/shape.ts';
import { StallLimit } from '../write/stall-limit.ts';

/** How many round trips may be under way at once; further reads gather for the next one. */
const LANES = 4;
/** The most that one round trip asks for: queries, and UTF-16 units of their texts. */
const MOST_READS = 16;
const MOST_LENGTH = 64 * 1024;
/**
 * How often in a row a query must have been quick by itself before it is sent with others. Each time it was slow, that number
 * becomes ten times as large, up to `MOST_PROOFS`.
 */
const FIRST_PROOFS = 3;
const MOST_PROOFS = 10_000;
/**
 * How long after its callers' limits a connection that does not answer is given up. The callers have time limits of their
 * own.
 */
const GRACE_MS = 50;

export type Rows = Record<string, unknown>[];

/** How quick the queries of one text are. */
interface Kind {
  /** How often in a row they were quick when sent by themselves. */
  quick: number;
  /** How many such quick answers they need before they are sent with others. */
  needed: number;
}

interface Asked {
  readonly kind: Kind;
  readonly text: string;
  readonly timeoutMs: number;
  readonly limit: TimeLimit;
  readonly answer: (error: unknown, rows?: Rows) => void;
  over: boolean;
}

/**
 * Sends the quick reads of many callers together. A read that comes while nothing is under way is sent at once; reads that
 * come later gather for the next round trip, which costs client and server little more than one read does. A query joins
 * others only after it was quick by itself. When a round trip takes longer than usual, each of its reads is sent once more by
 * itself, and the first answer counts. So a slow query costs its neighbours no more than that wait, and is sent by itself
 * from then on.
 */
export class ReadsTogether {
  readonly #pool: ShardPool;
  readonly #kinds = new WeakMap<Shape, Kind>();
  readonly #stallLimit = new StallLimit();
  readonly #timeLimits = new TimeLimits();
  #waiting: Asked[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(pool: ShardPool) {
    this.#pool = pool;
  }

  /**
   * Returns the rows of one query that changes nothing.
   *
   * @param timeoutMs limit for everything, the wait for other reads included
   * @throws as {@link ShardPool.send} does
   */
  query(shape: Shape, text: string, timeoutMs: number): Promise<Rows> {
    return new Promise((resolve, reject) => {
      const answer = (error: unknown, rows?: Rows) => {
        if (error === null) resolve(rows!);
        else reject(error as Error);
      };
      const kind = this.#kindOf(shape);
      if (shape.uses.waits !== undefined || !this.#mayJoin(kind, text))
        this.#alone(kind, text, timeoutMs, answer);
      else if (this.#underWay === 0 && this.#waiting.length === 0) {
        this.#underWay += 1;
        this.#alone(kind, text, timeoutMs, (error, rows) => {
          this.#ended();
          answer(error, rows);
        });
      } else this.#wait(kind, text, timeoutMs, answer);
    });
  }

  #kindOf(shape: Shape): Kind {
    let kind = this.#kinds.get(shape);
    if (kind === undefined) {
      kind = { quick: 0, needed: FIRST_PROOFS };
      this.#kinds.set(shape, kind);
    }
    return kind;
  }

  #mayJoin(kind: Kind, { length }: string): boolean {
    return (
      kind.quick >= kind.needed && length <= MOST_LENGTH && this.#waiting.length < this.#pool.limits.queue
    );
  }

  /** Sends one query by itself, and learns how long it took. */
  #alone(kind: Kind, text: string, timeoutMs: number, answer: Asked['answer'], told = false): void {
    const began = performance.now();
    const done: Done = (error, rows) => {
      if (error === null) this.#learn(kind, performance.now() - began);
      answer(error, rows as Rows | undefined);
    };
    // The values are null, not undefined: then the driver does not search the text for places to put values in.
    this.#pool.send('query', text, null, timeoutMs, done, told);
  }

  #learn(kind: Kind, tookMs: number): void {
    if (tookMs <= this.#stallLimit.ms) {
      kind.quick = Math.min(MOST_PROOFS, kind.quick + 1);
    } else {
      kind.quick = 0;
      kind.needed = Math.min(MOST_PROOFS, kind.needed * 10);
    }
    this.#stallLimit.learn(tookMs);
  }

  #wait(kind: Kind, text: string, timeoutMs: number, answer: Asked['answer']): void {
    const tell = observeStatement<[rows?: Rows]>(this.#pool, text, answer);
    const asked: Asked = {
      kind,
      text: commented(this.#pool, text),
      timeoutMs,
      limit: this.#timeLimits.set(timeoutMs, () => settle(this.#pool.late(timeoutMs))),
      answer: (error, rows) => settle(error, rows),
      over: false,
    };
    const settle = (error: unknown, rows?: Rows) => {
      if (asked.over) return;
      asked.over = true;
      this.#timeLimits.lift(asked.limit);
      tell(error, rows);
    };
    this.#waiting.push(asked);
    this.#schedule();
  }

  #ended(): void {
    this.#underWay -= 1;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Callers that were answered together ask again together, so the next round trip waits until they have asked. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay >= LANES) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#underWay < LANES && this.#waiting.length > 0) this.#trip(this.#take());
    });
  }

  /** Takes a share of the waiting reads: they are divided among the free lanes. */
  #take(): Asked[] {
    const share = Math.min(MOST_READS, Math.ceil(this.#waiting.length / (LANES - this.#underWay)));
    let count = 0;
    for (let length = 0; count < share; count += 1) {
      length += this.#waiting[count]!.text.length;
      if (count > 0 && length > MOST_LENGTH) break;
    }
    return this.#waiting.splice(0, count).filter(({ over }) => !over);
  }

  #trip(reads: readonly Asked[]): void {
    if (reads.length === 0) return;
    this.#underWay += 1;
    let over = false;
    const end = () => {
      over = true;
      this.#ended();
    };
    const began = performance.now();
    const stall = this.#timeLimits.set(this.#stallLimit.ms, () => {
      end();
      for (const read of reads) read.kind.quick = 0;
      this.#each(reads);
    });
    const done: Done = (error, result) => {
      this.#timeLimits.lift(stall);
      const stalled = over;
      if (!stalled) end();
      if (error === null) {
        if (!stalled) this.#stallLimit.learn(performance.now() - began);
        const all = (reads.length === 1 ? [result] : result) as Rows[];
        for (const [index, read] of reads.entries()) read.answer(null, all[index]);
      } else if (isOfServer(error)) {
        for (const read of reads) read.answer(error);
      } else if (!stalled) {
        // One of the queries is wrong, and the server has not looked at those behind it.
        this.#each(reads);
      }
    };
    const text = reads.map((read) => read.text).join('\n;');
    const timeoutMs = Math.max(...reads.map(({ limit }) => limit.at)) - began + GRACE_MS;
    this.#pool.send('query', text, null, timeoutMs, done, true);
  }

  /** Sends each read by itself, except those that are answered by now. */
  #each(reads: readonly Asked[]): void {
    for (const { over, kind, text, limit, answer } of reads) {
      const leftMs = limit.at - performance.now();
      if (!over && leftMs > 0) this.#alone(kind, text, leftMs + GRACE_MS, answer, true);
    }
  }
}

/** Whether the server, its connection or the router has failed, and not a query. */
function isOfServer(error: unknown): boolean {
  return (
    error instanceof ShardUnavailableError ||
    error instanceof ShardAccessError ||
    error instanceof RouterClosedError ||
    error instanceof DeadlineExceededError
  );
}
