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

/** How long a member of the replica set may take to reach a reader's time, and to read. Milliseconds. */
const PRIMARY_MS = 1_000;
const SECONDARY_MS = 100;

/**
 * How long no read waits again for a member that did not get there in time: reads that wait hold connections that others
 * need.
 */
const REST_MS = 500;
/** How long one read then tries the member on behalf of all. */
const TRIAL_MS = PRIMARY_MS + REST_MS;

/** An error code: the server does not know such a time yet. */
const NO_SUCH_TIME = 72;
/** Error codes: the server did not get there in time. */
const TOO_LATE = new Set([50, 262]);

/**
 * Reads views as they were at a reader's time, or later. The time is one of the server's own, and goes with this read only:
 * `$clusterTime`, with which clients advance the clocks of servers, is never taken from a reader. The server refuses at once
 * a time that no write has had.
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
   * Reads as of the clock's time, or later, and advances the clock to the time of the read.
   *
   * @throws ViewsBehindReaderError when no member has reached the clock's time; the driver's errors
   */
  async after<T>(clock: ViewClock, read: Read<T>): Promise<T> {
    if (clock.time === 0n) return (await this.#read(clock, {}, read)).result;
    // A reader without a time is never sent to a secondary: it may have seen more than a secondary has.
    if (this.#members === 'secondary') {
      const options = { readPreference: 'secondaryPreferred', maxTimeMS: SECONDARY_MS } as const;
      const found = await this.#attempt(this.#secondary, clock, options, read);
      if ('result' in found) return found.result;
    }
    const found = await this.#attempt(this.#primary, clock, { maxTimeMS: PRIMARY_MS }, read);
    if ('result' in found) return found.result;
    throw new ViewsBehindReaderError({ cause: found.cause });
  }

  /** Returns the result, or why the member has not reached the clock's time. Throws every other error. */
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
      // A read concern of its own: the driver writes the session's time into the object, and a collection shares its object
      // with all its reads.
      const result = await read({ ...options, session, readConcern: { level: 'majority' } });
      const reached = session.operationTime === undefined ? 0n : bitsOf(session.operationTime);
      if (reached > clock.time) clock.time = reached;
      return { result };
    } finally {
      await session.endSession();
    }
  }
}

/** Remembers the earliest time that a member has not reached, and lets one read at a time try whether it has. */
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

  /**
   * Returns true when the member should not be asked for this time now. After a miss, a caller that gets false is the only
   * one for a while.
   */
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
