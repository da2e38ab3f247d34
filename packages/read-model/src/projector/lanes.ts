import type { Chunk, SourceMessage } from './message.ts';
import { sequenceOf } from './sequence.ts';

/** The waiting messages of one order, which are handled as one. */
export interface Work {
  /** Newest version first. Each holds the whole order, so the first that can be read is enough. */
  readonly messages: readonly SourceMessage[];
  /** Whether the order's first version is among them. If it is, there may be no view of the order yet. */
  readonly fresh: boolean;
}

interface Candidate {
  readonly message: SourceMessage;
  /** Infinity when the header names no version: such a message is read first, and fails. */
  readonly version: number;
}

/** An order whose messages wait or are being handled. */
interface Lane {
  readonly key: string | undefined;
  waiting: Candidate[];
  /** The chunks that the waiting messages are from. */
  chunks: OpenChunk[];
  /** The chunks of the messages that are being handled. */
  under: OpenChunk[] | undefined;
  queued: boolean;
}

interface OpenChunk {
  readonly chunk: Chunk;
  /** How many lanes have messages of the chunk that are not handled. */
  lanes: number;
}

interface Taken extends Work {
  readonly lane: Lane;
}

/** An order with this many waiting messages, or more, is a flood. */
const FLOOD = 32;

/**
 * Puts messages into lanes, one for each order. A lane hands out its order with all of its waiting messages, and not again
 * until that work is finished. So the writes of an order never overlap, and however many events an order has, they cost one
 * write at a time. Orders are taken in the order in which they began to wait. Only floods are taken apart, so that no other
 * order waits behind their writes.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #ready: Lane[] = [];
  readonly #floods: Lane[] = [];
  #next = 0;

  /** Orders that wait to be taken. */
  get waiting(): number {
    return this.#ready.length - this.#next + this.#floods.length;
  }

  add(chunk: Chunk): void {
    const open: OpenChunk = { chunk, lanes: 0 };
    for (const message of chunk.messages) {
      const lane = this.#laneOf(message.key);
      lane.waiting.push({ message, version: sequenceOf(message) ?? Number.POSITIVE_INFINITY });
      if (lane.chunks.at(-1) !== open) {
        lane.chunks.push(open);
        open.lanes += 1;
      }
      if (lane.under === undefined && !lane.queued) this.#queue(lane);
    }
    if (open.lanes === 0) chunk.done();
  }

  /** Takes up to `limit` orders, without the floods. */
  take(limit: number): readonly Work[] {
    const taken: Taken[] = [];
    while (taken.length < limit && this.#next < this.#ready.length) {
      const lane = this.#ready[this.#next]!;
      this.#next += 1;
      if (lane.waiting.length < FLOOD) taken.push(begin(lane));
      else this.#floods.push(lane);
    }
    if (this.#next > 1_000 && this.#next * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#next);
      this.#next = 0;
    }
    return taken;
  }

  /** Takes up to `limit` floods. */
  takeFloods(limit: number): readonly Work[] {
    return this.#floods.splice(0, limit).map(begin);
  }

  /** Finishes works that were taken: their messages are handled. Ends each chunk that has no other lane open. */
  finish(works: readonly Work[]): void {
    for (const { lane } of works as readonly Taken[]) {
      for (const open of lane.under ?? []) {
        open.lanes -= 1;
        if (open.lanes === 0) open.chunk.done();
      }
      lane.under = undefined;
      if (lane.waiting.length > 0) this.#queue(lane);
      else if (lane.key !== undefined) this.#lanes.delete(lane.key);
    }
  }

  /** A message without a key gets a lane of its own. */
  #laneOf(key: Buffer | undefined): Lane {
    const name = key?.toString('latin1');
    const known = name === undefined ? undefined : this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { key: name, waiting: [], chunks: [], under: undefined, queued: false };
    if (name !== undefined) this.#lanes.set(name, lane);
    return lane;
  }

  #queue(lane: Lane): void {
    lane.queued = true;
    this.#ready.push(lane);
  }
}

function begin(lane: Lane): Taken {
  const { waiting, chunks } = lane;
  lane.waiting = [];
  lane.chunks = [];
  lane.under = chunks;
  lane.queued = false;
  if (waiting.length > 1) waiting.sort((a, b) => (a.version === b.version ? 0 : b.version - a.version));
  return { lane, messages: waiting.map(({ message }) => message), fresh: waiting.at(-1)!.version === 1 };
}
