import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Db, MongoServerError } from 'mongodb';
import { SERVED_ORDER_VIEWS } from './collections.ts';

/**
 * The collection in which the read model says which collection of a projection is served, and the one in which instances
 * acknowledge it.
 */
const CONTROLS = 'projections';
const INSTANCES = 'projection_instances';
const PROJECTION = 'order_views';

/**
 * How long a look at the served collection may take. Milliseconds. The look is a linearizable read: a primary that was cut
 * off from the other members, and does not know it, cannot answer. So reads of views go to a server that most members had as
 * their primary when the look began.
 */
const LOOK_MS = 3_000;
/** How often this instance looks whether another collection is served. Milliseconds. */
const POLL_MS = 500;
/**
 * How old a look may be when a read begins. Milliseconds. The read model waits longer than this for an instance that has
 * stopped looking. And members elect no other primary within this time: an election takes 10 s without a sign of the old
 * primary, unless `electionTimeoutMillis` is set lower.
 */
const FRESH_MS = 5_000;
const HEARTBEAT_MS = 5_000;

const NOT_A_REPLICA_SET = 123;

interface Served {
  readonly epoch: number;
  readonly collection: string;
}

/** The collection that views are read from, which a rebuild of the views may change at any time. */
export class ServedCollection {
  readonly #db: Db;
  readonly #id = `${hostname()}-${process.pid}-${randomUUID()}`;
  /** The epoch that each running read uses. */
  readonly #inUse = new Set<Served>();
  #served: Served | undefined;
  #readAt = -Infinity;
  #said: { readonly epoch: number; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #closed = false;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Calls `fn` with the name of the collection that is served. Throws the driver's errors, and what `fn` throws. */
  async withName<T>(fn: (collection: string) => Promise<T>): Promise<T> {
    if (this.#timer === undefined && !this.#closed) {
      this.#timer = setInterval(() => {
        this.#polling ??= this.#poll().finally(() => {
          this.#polling = undefined;
        });
      }, POLL_MS).unref();
    }
    // A copy, so that each running read has an entry of its own in the set.
    const served =
      this.#served !== undefined && performance.now() - this.#readAt < FRESH_MS
        ? { ...this.#served }
        : { ...(await this.#look()) };
    this.#inUse.add(served);
    try {
      return await fn(served.collection);
    } finally {
      this.#inUse.delete(served);
    }
  }

  /** Stops looking, and deletes this instance's acknowledgement. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#polling;
    if (this.#said !== undefined) {
      await this.#instances()
        .deleteOne({ _id: this.#id }, { timeoutMS: 1_000 })
        .catch(() => undefined);
    }
  }

  async #look(): Promise<Served> {
    const begun = performance.now();
    const found = await this.#control('linearizable').catch((error: unknown) => {
      // A server that is in no replica set has no other members that it could be cut off from.
      if (error instanceof MongoServerError && error.code === NOT_A_REPLICA_SET)
        return this.#control('majority');
      throw error;
    });
    const served = {
      epoch: Number(found?.epoch ?? 0),
      collection: found?.serving ?? SERVED_ORDER_VIEWS,
    };
    if (begun >= this.#readAt && served.epoch >= (this.#served?.epoch ?? 0)) {
      [this.#served, this.#readAt] = [served, begun];
    }
    return this.#served ?? served;
  }

  async #poll(): Promise<void> {
    try {
      const { epoch } = await this.#look();
      const least = Math.min(epoch, ...[...this.#inUse].map((served) => served.epoch));
      const now = performance.now();
      if (this.#said?.epoch === least && now - this.#said.at < HEARTBEAT_MS) return;
      await this.#instances().updateOne(
        { _id: this.#id },
        { $set: { projection: PROJECTION, role: 'reader', epoch: least }, $currentDate: { at: true } },
        { upsert: true, writeConcern: { w: 'majority', wtimeoutMS: LOOK_MS } },
      );
      this.#said = { epoch: least, at: now };
    } catch {
      // MongoDB does not answer: the next poll acknowledges the epoch.
    }
  }

  #control(level: 'linearizable' | 'majority') {
    return this.#db
      .collection<{ _id: string; serving?: string; epoch?: number | bigint }>(CONTROLS)
      .findOne({ _id: PROJECTION }, { readConcern: { level }, maxTimeMS: LOOK_MS });
  }

  #instances() {
    return this.#db.collection<{ _id: string; projection: string; role: string; epoch: number }>(INSTANCES);
  }
}
