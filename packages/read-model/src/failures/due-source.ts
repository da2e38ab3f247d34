import type { Chunk, Source, SourceMessage } from '../projector/message.ts';
import { type Standstill, STANDSTILL_MS } from '../projector/flow.ts';
import { type Provenance, provenanceOf } from './provenance.ts';

/** Longest time that a timer is set for: Node's own limit is 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 86_400_000;

/** How long something must be away before the source reports that messages wait for it: lags of seconds are no news. */
const AWAY_MS = 10_000;

/** A listener for messages that are handled. */
export interface DueEvents {
  /** Called with messages that are handled, before their offsets are committed. */
  dealtWith(messages: readonly SourceMessage[]): Promise<void>;
}

export interface DueOptions {
  /** The consumer group whose failed messages the source hands out. It passes over those of other groups. */
  readonly group: string;
  /** How long a message of the topic waits at the most, whatever its headers say. Milliseconds. */
  readonly longestMs: number;
}

interface Waiting {
  readonly message: SourceMessage;
  readonly provenance: Provenance | undefined;
  /** Milliseconds since 1970. */
  readonly due: number;
}

/**
 * Hands out each message of a retry topic when it is due. All wait equally long, so the messages of a partition come in the
 * order in which they are due. So a chunk needs only one timer, for its next message, and no partition holds up another. The
 * inner source bounds the waiting messages: it hands over no more of a partition while too much of it is not done.
 */
export class DueSource implements Source {
  readonly #inner: Source;
  readonly #events: DueEvents;
  readonly #options: DueOptions;
  readonly #now: () => number;
  readonly #waiting = new Map<NodeJS.Timeout, readonly Waiting[]>();
  /**
   * For each partition: how many messages are handed out and not handled, and when one was last handled, or the first handed
   * out. Milliseconds since 1970.
   */
  readonly #handed = new Map<number, { readonly messages: number; readonly moved: number }>();

  constructor(inner: Source, events: DueEvents, options: DueOptions, now: () => number = Date.now) {
    this.#inner = inner;
    this.#events = events;
    this.#options = options;
    this.#now = now;
  }

  get problem(): string | undefined {
    return this.#inner.problem;
  }

  get partitions(): readonly number[] {
    return this.#inner.partitions;
  }

  get notices(): readonly string[] {
    return this.#inner.notices ?? [];
  }

  /** How many messages wait here, and when the oldest of them first failed. */
  get waiting(): { readonly messages: number; readonly oldest: Date | undefined } {
    const all = [...this.#waiting.values()].flat();
    return { messages: all.length, oldest: oldestOf(all)?.firstFailedAt };
  }

  /** Leaves out partitions whose messages are not due: these stand still as they should. */
  get standstills(): readonly Standstill[] {
    const early = new Set([...this.#waiting.values()].flat().map(({ message }) => message.partition));
    const latest = this.#now() - STANDSTILL_MS;
    return (this.#inner.standstills ?? []).filter(({ partition }) => {
      const handed = this.#handed.get(partition);
      return handed === undefined ? !early.has(partition) : handed.moved <= latest;
    });
  }

  get awaiting(): readonly string[] {
    const all = [...this.#waiting.values()].flat();
    const some = all.filter(({ provenance }) => provenance?.awaits !== undefined);
    return [...Map.groupBy(some, ({ provenance }) => provenance!.awaits!)].flatMap(([awaits, messages]) => {
      const { firstFailedAt, reason } = oldestOf(messages)!;
      if (this.#now() - firstFailedAt.getTime() < AWAY_MS) return [];
      const { topic } = messages[0]!.message;
      return [
        `${topic}: ${messages.length} messages wait for ${awaits}, the oldest since ${firstFailedAt.toISOString()}: ${reason}`,
      ];
    });
  }

  async read(take: (chunk: Chunk) => void, signal: AbortSignal): Promise<void> {
    try {
      await this.#inner.read((chunk) => this.#hold(chunk, take, signal), signal);
    } finally {
      for (const timer of this.#waiting.keys()) clearTimeout(timer);
      this.#waiting.clear();
      this.#handed.clear();
    }
  }

  leave(): Promise<void> {
    return this.#inner.leave();
  }

  #hold(chunk: Chunk, take: (chunk: Chunk) => void, signal: AbortSignal): void {
    const messages = this.#mine(chunk.messages);
    let from = 0;
    let left = messages.length;
    if (left === 0) {
      chunk.done();
      return;
    }
    const note = async (due: readonly SourceMessage[]) => {
      try {
        await this.#events.dealtWith(due);
      } catch {
        return; // Nothing is committed, and all of it comes again.
      }
      this.#count(due, -due.length);
      left -= due.length;
      if (left === 0) chunk.done();
    };
    const release = () => {
      const now = this.#now();
      let to = from;
      while (to < messages.length && messages[to]!.due <= now) to += 1;
      const due = messages.slice(from, to).map(({ message }) => message);
      from = to;
      if (from < messages.length) {
        const timer = setTimeout(
          () => {
            this.#waiting.delete(timer);
            release();
          },
          Math.min(LONGEST_TIMER_MS, Math.max(0, messages[from]!.due - now)),
        );
        this.#waiting.set(timer, messages.slice(from));
      }
      if (due.length === 0) return;
      this.#count(due, due.length);
      take({
        messages: due,
        done: () => {
          void note(due);
        },
      });
    };
    if (!signal.aborted) release();
  }

  #count([first]: readonly SourceMessage[], more: number): void {
    const { partition } = first!;
    const before = this.#handed.get(partition);
    const messages = (before?.messages ?? 0) + more;
    const moved = more > 0 ? (before?.moved ?? this.#now()) : this.#now();
    if (messages <= 0) this.#handed.delete(partition);
    else this.#handed.set(partition, { messages, moved });
  }

  /**
   * Returns the messages that failed in this group, and those that all groups try. A message that does not say when it is due
   * is due at once.
   */
  #mine(messages: readonly SourceMessage[]): readonly Waiting[] {
    const { group, longestMs } = this.#options;
    const latest = this.#now() + longestMs;
    return messages.flatMap((message) => {
      const provenance = provenanceOf(message.headers);
      if (provenance?.group !== undefined && provenance.group !== group) return [];
      return [{ message, provenance, due: Math.min(provenance?.due?.getTime() ?? 0, latest) }];
    });
  }
}

/** Returns the provenance of the message that failed first; undefined when no message says when it failed. */
function oldestOf(waiting: readonly Waiting[]): Provenance | undefined {
  let oldest: Provenance | undefined;
  for (const { provenance } of waiting) {
    if (
      provenance !== undefined &&
      !(oldest !== undefined && oldest.firstFailedAt <= provenance.firstFailedAt)
    )
      oldest = provenance;
  }
  return oldest;
}
