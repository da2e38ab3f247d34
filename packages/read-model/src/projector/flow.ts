/** Where the reader of a partition stands, against where its log ends. */
export interface Standing {
  readonly partition: number;
  /** The first offset that is not handled. */
  readonly next: bigint;
  /** Whether the message of that offset is read. */
  readonly read: boolean;
  /** The offset that the next message gets. */
  readonly end: bigint;
  /** The offset up to which no transaction is open. */
  readonly stable: bigint;
}

/** A partition that is behind and does not move. */
export interface Standstill {
  readonly partition: number;
  /** In words, with topic, offsets and cause. */
  readonly text: string;
}

/** How long a partition may stand still before it is reported. Looks come every 3 s, so it is reported within 30 s. */
export const STANDSTILL_MS = 27_000;

interface Seen {
  readonly standing: Standing;
  /** Since when it has not moved. Milliseconds. */
  readonly since: number;
}

/** Judges whether the reading of a topic makes progress. */
export class Flow {
  readonly #topic: string;
  readonly #limitMs: number;
  readonly #now: () => number;
  #seen = new Map<number, Seen>();
  #looked: number;

  constructor(topic: string, limitMs = STANDSTILL_MS, now: () => number = () => performance.now()) {
    this.#topic = topic;
    this.#limitMs = limitMs;
    this.#now = now;
    this.#looked = now();
  }

  /** Notes where all partitions that are read stand now. */
  look(standings: readonly Standing[]): void {
    const now = (this.#looked = this.#now());
    this.#seen = new Map(
      standings.map((standing) => {
        const before = this.#seen.get(standing.partition);
        const still = before?.standing.next === standing.next && before.standing.end > standing.next;
        return [standing.partition, { standing, since: still ? before.since : now }];
      }),
    );
  }

  /** Starts the clock again for a new session, which gets the whole time limit for its first look. */
  restart(): void {
    this.#looked = this.#now();
  }

  get standstills(): readonly Standstill[] {
    const now = this.#now();
    const unseen = now - this.#looked;
    if (unseen >= this.#limitMs)
      return [
        {
          partition: -1,
          text: `${this.#topic}: its brokers have not said for ${seconds(unseen)} where it ends`,
        },
      ];
    return [...this.#seen.values()].flatMap(({ standing, since }) => {
      const { partition, next, end } = standing;
      if (next >= end || now - since < this.#limitMs) return [];
      const place = `${this.#topic} partition ${partition} has stood at ${next} of ${end} for ${seconds(now - since)}`;
      return [{ partition, text: `${place}: ${causeOf(standing)}` }];
    });
  }
}

function causeOf({ next, read, stable }: Standing): string {
  if (read) return 'what is read is not dealt with';
  return stable <= next ? 'a transaction of a producer is open there' : 'nothing more is read';
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`;
}
