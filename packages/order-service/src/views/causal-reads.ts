import {
  type ClientSession,
  type MongoClient,
  MongoServerError,
  type ReadPreferenceMode,
  Timestamp,
} from 'mongodb';
import { ViewsBehindReaderError } from './errors.ts';
import type { ViewClock } from './order-views.ts';

/** Which members of the replica set views are read from. */
export type ViewMembers = 'primary' | 'secondary';

/** How a read goes to MongoDB. */
export interface ReadOptions {
  readonly readConcern?: { readonly level: 'majority' };
  readonly session?: ClientSession;
  readonly readPreference?: ReadPreferenceMode;
  readonly maxTimeMS?: number;
}

type Read<T> = (options: ReadOptions) => Promise<T>;

/** How long a member may take to get as far as a reader, and to read. Milliseconds. */
const PRIMARY_MS = 1_000;
const SECONDARY_MS = 100;

/** How long a member that did not get there is not waited for again: those who wait hold the connections of others. */
const REST_MS = 500;
/** How long one then tries for all. */
const TRIAL_MS = PRIMARY_MS + REST_MS;

/** The server knows of no such time yet. */
const NO_SUCH_TIME = 72;
/** It did not get there in time. */
const TOO_LATE = new Set([50, 262]);

/**
 * Reads views as they were at a reader's time, or later. The time is the server's own, and goes with the read alone:
 * `$clusterTime`, with which clients take the clocks of servers along, is never taken from a reader. A time that no write has
 * had is refused by the server at once.
 */
export class CausalReads {
  readonly #client: MongoClient;
  readonly #members: ViewMembers;
  readonly #primary = new Rest();
  readonly #secondary = new Rest();

  constructor(client: MongoClient, members: ViewMembers) {
    this.#client = client;
    this.#members = members;
  }

  /**
   * Reads as of the clock's time, or later, and takes the clock to when it was read.
   *
   * @throws ViewsBehindReaderError when no member is that far; the driver's errors
   */
  async after<T>(clock: ViewClock, read: Read<T>): Promise<T> {
    if (clock.time === 0n) return (await this.#read(clock, {}, read)).result;
    // One who has seen nothing by a token may have seen more than a secondary has.
    if (this.#members === 'secondary') {
      const options = { readPreference: 'secondaryPreferred', maxTimeMS: SECONDARY_MS } as const;
      const found = await this.#attempt(this.#secondary, clock, options, read);
      if ('result' in found) return found.result;
    }
    const found = await this.#attempt(this.#primary, clock, { maxTimeMS: PRIMARY_MS }, read);
    if ('result' in found) return found.result;
    throw new ViewsBehindReaderError({ cause: found.cause });
  }

  /** Gives why a member is not that far. Throws what else was wrong. */
  async #attempt<T>(
    rest: Rest,
    clock: ViewClock,
    options: ReadOptions,
    read: Read<T>,
  ): Promise<{ readonly result: T } | { readonly cause: unknown }> {
    if (rest.covers(clock.time)) return { cause: undefined };
    const asked = clock.time;
    try {
      const found = await this.#read(clock, options, read);
      rest.reached(asked);
      return found;
    } catch (cause) {
      const code = cause instanceof MongoServerError ? Number(cause.code) : 0;
      if (TOO_LATE.has(code)) rest.missed(asked);
      else if (code !== NO_SUCH_TIME) throw cause;
      return { cause };
    }
  }

  async #read<T>(clock: ViewClock, options: ReadOptions, read: Read<T>): Promise<{ readonly result: T }> {
    const session = this.#client.startSession({ causalConsistency: true });
    try {
      if (clock.time > 0n) session.advanceOperationTime(timestampOf(clock.time));
      // One of its own: the driver writes the session's time into the object, which a collection shares with all its reads.
      const result = await read({ ...options, session, readConcern: { level: 'majority' } });
      const reached = session.operationTime === undefined ? 0n : bitsOf(session.operationTime);
      if (reached > clock.time) clock.time = reached;
      return { result };
    } finally {
      await session.endSession();
    }
  }
}

/** Remembers from which time on a member was not there, and lets one at a time look whether it is. */
class Rest {
  #from: bigint | undefined;
  #until = 0;

  missed(time: bigint): void {
    if (this.#from === undefined || time < this.#from) this.#from = time;
    this.#until = performance.now() + REST_MS;
  }

  reached(time: bigint): void {
    if (this.#from !== undefined && time >= this.#from) this.#from = undefined;
  }

  /** Whether not to ask for this time now. Who is told to is the only one for a while. */
  covers(time: bigint): boolean {
    if (this.#from === undefined || time < this.#from) return false;
    const now = performance.now();
    if (now < this.#until) return true;
    this.#until = now + TRIAL_MS;
    return false;
  }
}

/** The 64 bits of a time of the replica set: seconds, then a count within them. */
const bitsOf = ({ t, i }: Timestamp) => (BigInt(t) << 32n) | BigInt(i);

const timestampOf = (time: bigint) =>
  new Timestamp({ t: Number(time >> 32n), i: Number(time & 0xffff_ffffn) });
