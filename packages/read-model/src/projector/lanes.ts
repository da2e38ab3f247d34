import type { Chunk, SourceMessage } from './message.ts';
import { sequenceOf } from './sequence.ts';

/** The messages of one order that wait together, to be dealt with as one. */
export interface Work {
  /** Newest version first. Each holds the whole order, so the first that can be read is enough. */
  readonly messages: readonly SourceMessage[];
  /** Whether its first version is among them, so that there may be no view of it yet. */
  readonly fresh: boolean;
}

interface Candidate {
  readonly message: SourceMessage;
  /** Infinity where the header names none: such a message is read first, and fails. */
  readonly version: number;
}

/** An order with messages that wait, or that are being dealt with. */
interface Lane {
  readonly key: string | undefined;
  waiting: Candidate[];
  /** The chunks that the waiting messages are from. */
  chunks: OpenChunk[];
  /** Those of the messages that are being dealt with. */
  under: OpenChunk[] | undefined;
  queued: boolean;
}

interface OpenChunk {
  readonly chunk: Chunk;
  /** How many lanes have messages of it that are not dealt with. */
  lanes: number;
}

interface Taken extends Work {
  readonly lane: Lane;
}

/** So many messages of one order that wait are a flood. */
const FLOOD = 32;

/**
 * Puts messages into lanes, one for each order. An order is taken with all of its messages that wait, and not again until
 * it is finished: so its writes never overlap, and however many events it has, they cost it one write at a time. Orders
 * are taken in the order in which they came to wait, except that floods are taken apart, so that nothing else waits
 * behind their writes.
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

  /** Takes up to `limit` orders that no flood is. */
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

  /** Takes up to `limit` orders of which a flood of messages waits. */
  takeFloods(limit: number): readonly Work[] {
    return this.#floods.splice(0, limit).map(begin);
  }

  /** Ends what was taken: its messages are dealt with. */
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
