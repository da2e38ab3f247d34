import type { SourceMessage } from './message.ts';

/** Messages of a partition that are not done at the most, and their bytes. */
export interface Bounds {
  readonly messages: number;
  readonly bytes: number;
}

/** What the broker is told of a partition. */
export interface Position {
  /** The offset that follows what is done. */
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

interface Open {
  readonly next: Position;
  readonly messages: number;
  readonly bytes: number;
  done: boolean;
}

/** How far one partition is read and done. */
export class Progress {
  /** The offset to read next. */
  next: bigint;
  #open: Open[] = [];
  #messages = 0;
  #bytes = 0;
  #done: Position | undefined;

  constructor(next: bigint) {
    this.next = next;
  }

  /** Whether so much is not done that no more is to be read. */
  isFull({ messages, bytes }: Bounds): boolean {
    return this.#messages >= messages || this.#bytes >= bytes;
  }

  /** Notes messages that were read, up to but without the offset `next`; the answer says that they are done. */
  add(messages: readonly SourceMessage[], next: Position): () => void {
    const open = { next, messages: messages.length, bytes: bytesOf(messages), done: false };
    this.next = next.offset;
    this.#open.push(open);
    this.#messages += open.messages;
    this.#bytes += open.bytes;
    return () => this.#finish(open);
  }

  /** What is to be committed: up to the first that is not done. Undefined when there is nothing new. */
  take(): Position | undefined {
    const done = this.#done;
    this.#done = undefined;
    return done;
  }

  /** What was taken was not committed. */
  giveBack(position: Position): void {
    this.#done ??= position;
  }

  #finish(open: Open): void {
    open.done = true;
    this.#messages -= open.messages;
    this.#bytes -= open.bytes;
    let count = 0;
    for (; this.#open[count]?.done === true; count += 1) this.#done = this.#open[count]!.next;
    if (count > 0) this.#open = this.#open.slice(count);
  }
}

/** What a message takes beside key and value: its headers and the objects around it. */
const OVERHEAD = 1_024;

function bytesOf(messages: readonly SourceMessage[]): number {
  let bytes = 0;
  for (const { value } of messages) bytes += (value?.length ?? 0) + OVERHEAD;
  return bytes;
}
