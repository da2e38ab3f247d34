import type { Chunk, Source, SourceMessage } from '../projector/message.ts';
import { provenanceOf } from './provenance.ts';

/** Longest time that a timer is set for: Node's own limit is 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 86_400_000;

/** What was dealt with, as far as others care. */
export interface DueEvents {
  /** Is told of messages that are dealt with, before their offsets are committed. */
  dealtWith(messages: readonly SourceMessage[]): Promise<void>;
}

/**
 * Hands out the messages of a retry topic when each is due. In a partition they come in the order in which they are due,
 * since all wait equally long; so a timer for the next one of each chunk is all that waits, and no partition holds up
 * another. What waits is bounded by the source, which hands over no more of a partition while too much is not done.
 */
export class DueSource implements Source {
  readonly #inner: Source;
  readonly #events: DueEvents;
  readonly #now: () => number;
  readonly #waiting = new Map<NodeJS.Timeout, Chunk['messages']>();

  constructor(inner: Source, events: DueEvents, now: () => number = Date.now) {
    this.#inner = inner;
    this.#events = events;
    this.#now = now;
  }

  get problem(): string | undefined {
    return this.#inner.problem;
  }

  get partitions(): readonly number[] {
    return this.#inner.partitions;
  }

  /** How many messages wait here, and when the oldest of them failed at first. */
  get waiting(): { readonly messages: number; readonly oldest: Date | undefined } {
    const chunks = [...this.#waiting.values()];
    const times = chunks.flatMap((messages) =>
      messages.map(
        ({ headers }) => provenanceOf(headers)?.firstFailedAt.getTime() ?? Number.POSITIVE_INFINITY,
      ),
    );
    const oldest = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
    return { messages: times.length, oldest: Number.isFinite(oldest) ? new Date(oldest) : undefined };
  }

  async read(take: (chunk: Chunk) => void, signal: AbortSignal): Promise<void> {
    try {
      await this.#inner.read((chunk) => this.#hold(chunk, take, signal), signal);
    } finally {
      for (const timer of this.#waiting.keys()) clearTimeout(timer);
      this.#waiting.clear();
    }
  }

  leave(): Promise<void> {
    return this.#inner.leave();
  }

  #hold(chunk: Chunk, take: (chunk: Chunk) => void, signal: AbortSignal): void {
    const { messages } = chunk;
    let from = 0;
    let left = messages.length;
    const note = async (due: readonly SourceMessage[]) => {
      try {
        await this.#events.dealtWith(due);
      } catch {
        return; // Nothing is committed, and all of it comes again.
      }
      left -= due.length;
      if (left === 0) chunk.done();
    };
    const release = () => {
      const now = this.#now();
      let to = from;
      while (to < messages.length && dueOf(messages[to]!) <= now) to += 1;
      const due = messages.slice(from, to);
      from = to;
      if (from < messages.length) {
        const timer = setTimeout(
          () => {
            this.#waiting.delete(timer);
            release();
          },
          Math.min(LONGEST_TIMER_MS, Math.max(0, dueOf(messages[from]!) - now)),
        );
        this.#waiting.set(timer, messages.slice(from));
      }
      if (due.length === 0) return;
      take({
        messages: due,
        done: () => {
          void note(due);
        },
      });
    };
    if (!signal.aborted) release();
  }
}

/** When a message is due, milliseconds since 1970; at once where it does not say. */
function dueOf({ headers }: SourceMessage): number {
  return provenanceOf(headers)?.due?.getTime() ?? 0;
}
