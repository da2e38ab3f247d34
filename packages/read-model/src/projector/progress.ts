import { type Amount, amountOf, Backlog } from './backlog.ts';
import type { SourceMessage } from './message.ts';

/** A position of a partition to commit to the broker. */
export interface Position {
  /** The offset that follows what is done. */
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

interface Open {
  readonly from: bigint;
  readonly next: Position;
  readonly amount: Amount;
  done: boolean;
}

/** How far one partition is read and done. */
export class Progress {
  /** The offset to read next. */
  next: bigint;
  /** The epoch of the leader under which the message before it was read; -1 where that is not known. */
  epoch: number;
  /** The messages that are not done, of this partition and of the whole source. */
  readonly #own = new Backlog();
  readonly #all: Backlog;
  #open: Open[] = [];
  #done: Position | undefined;

  constructor(next: bigint, epoch = -1, all = new Backlog()) {
    this.next = next;
    this.epoch = epoch;
    this.#all = all;
  }

  /** The first offset that is not done, and whether its message is read. */
  get standing(): { readonly next: bigint; readonly read: boolean } {
    const first = this.#open[0];
    return { next: first?.from ?? this.next, read: first !== undefined };
  }

  get held(): Amount {
    return this.#own.held;
  }

  /** Whether the messages that are not done reach a bound, so that no more may be read. */
  isFull({ messages, bytes }: Amount): boolean {
    const { held } = this;
    return held.messages >= messages || held.bytes >= bytes;
  }

  /** Notes messages that were read, up to but without the offset `next`. Returns a function to call when they are done. */
  add(messages: readonly SourceMessage[], next: Position): () => void {
    const open = { from: this.next, next, amount: amountOf(messages), done: false };
    this.next = next.offset;
    this.epoch = next.leaderEpoch;
    this.#open.push(open);
    this.#own.add(open.amount);
    this.#all.add(open.amount);
    return () => this.#finish(open);
  }

  /** Returns the position to commit, up to the first message that is not done. Undefined when there is nothing new. */
  take(): Position | undefined {
    const done = this.#done;
    this.#done = undefined;
    return done;
  }

  /** Takes back a position whose commit failed, unless there is a newer one. */
  giveBack(position: Position): void {
    this.#done ??= position;
  }

  #finish(open: Open): void {
    open.done = true;
    this.#own.remove(open.amount);
    let count = 0;
    for (; this.#open[count]?.done === true; count += 1) this.#done = this.#open[count]!.next;
    if (count > 0) this.#open = this.#open.slice(count);
    this.#all.remove(open.amount);
  }
}
