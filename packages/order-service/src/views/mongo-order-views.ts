import { type MongoClient, MongoError, MongoServerError, type Collection } from 'mongodb';
import type { OrderSnapshot } from '@ordershard/order-events';
import { openMongoClient } from '@ordershard/process/mongodb';
import { CausalReads, type ReadOptions, type ViewMembers } from './causal-reads.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ViewsBehindReaderError, ViewsUnavailableError } from './errors.ts';
import type {
  OrderPage,
  OrderSearch,
  OrderVersion,
  OrderViews,
  OwnerOfOrders,
  PageRequest,
  ViewClock,
} from './order-views.ts';
import { searchFilter } from './search-filter.ts';
import { ServedCollection } from './served-collection.ts';
import { snapshotOfView, type OrderViewDocument } from './view-document.ts';

/** How long MongoDB is left alone after it failed to answer, so that callers need not wait for it. */
const REST_MS = 1_000;
/** How long one caller then tries on behalf of all. */
const TRIAL_MS = 3_000;

const OPTIONS = {
  serverSelectionTimeoutMS: 1_000,
  connectTimeoutMS: 1_000,
  socketTimeoutMS: 5_000,
  maxPoolSize: 32,
  // A secondary may lag, and a write that a majority does not have may be rolled back: readers would see versions go back.
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  appName: 'order-service',
} as const;

/** Error codes of a server that stops or steps down, or that took too long. */
const PASSING = new Set([50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** Node's error codes for a socket that has just ended; the driver passes some of these errors on unchanged. */
const SOCKET_ERRORS = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** Order views in MongoDB. Connects with the first call, and again whenever MongoDB is back. */
export class MongoOrderViews implements OrderViews {
  readonly #client: MongoClient;
  readonly #causal: CausalReads;
  readonly #served: ServedCollection;
  #views: Collection<OrderViewDocument> | undefined;
  #failing = false;
  #restUntil = 0;

  /** `url` names the database; `members` says which members serve readers that tell how far they have seen the views. */
  constructor(url: string, members: ViewMembers = 'primary') {
    this.#client = openMongoClient(url, OPTIONS);
    this.#causal = new CausalReads(this.#client, members);
    this.#served = new ServedCollection(this.#client.db());
  }

  async find(number: bigint, clock?: ViewClock): Promise<OrderSnapshot | undefined> {
    const view = await this.#read((views, options) => views.findOne({ _id: number }, options), clock);
    return view === null ? undefined : snapshotOfView(view);
  }

  async behind(
    wanted: readonly OrderVersion[],
    owner?: OwnerOfOrders,
    clock?: ViewClock,
  ): Promise<readonly OrderVersion[]> {
    const versions = await this.#versions(
      wanted.map(({ number }) => number),
      owner,
      clock,
    );
    return wanted.filter(({ number, version }) => (versions.get(number) ?? 0) < version);
  }

  async search(what: OrderSearch, { limit, cursor }: PageRequest, clock?: ViewClock): Promise<OrderPage> {
    const filter = searchFilter(what, cursor === undefined ? undefined : decodeCursor(cursor));
    const views = await this.#read(
      (collection, options) =>
        collection
          .find(filter, options)
          .sort({ _id: -1 })
          .limit(limit + 1)
          .toArray(),
      clock,
    );
    const shown = views.slice(0, limit);
    const orders = shown.map(snapshotOfView);
    const last = shown.at(-1);
    return views.length > limit && last !== undefined
      ? { orders, nextCursor: encodeCursor(last._id) }
      : { orders };
  }

  versions(numbers: readonly bigint[]): Promise<ReadonlyMap<bigint, number>> {
    return this.#versions(numbers);
  }

  async ping(): Promise<void> {
    await this.#guarded(() => this.#served.withName(() => this.#client.db().command({ ping: 1 })));
  }

  async close(): Promise<void> {
    await this.#served.close();
    await this.#client.close();
  }

  async #versions(
    numbers: readonly bigint[],
    owner?: OwnerOfOrders,
    clock?: ViewClock,
  ): Promise<ReadonlyMap<bigint, number>> {
    const found = await this.#read(
      (views, options) =>
        views
          .find({ _id: { $in: [...numbers] }, ...owner }, options)
          .project<Pick<OrderViewDocument, '_id' | 'version'>>({ version: 1 })
          .toArray(),
      clock,
    );
    return new Map(found.map(({ _id, version }) => [_id, Number(version)]));
  }

  #read<T>(
    read: (views: Collection<OrderViewDocument>, options: ReadOptions) => Promise<T>,
    clock: ViewClock | undefined,
  ): Promise<T> {
    return this.#guarded(() =>
      this.#served.withName((name) => {
        const views = this.#collection(name);
        if (clock === undefined) return read(views, {});
        return this.#causal.after(clock, (options) => read(views, options));
      }),
    );
  }

  /** Returns the driver's object for a collection. It is kept, because making one takes a twentieth of the time of a read. */
  #collection(name: string): Collection<OrderViewDocument> {
    if (this.#views?.collectionName !== name) this.#views = this.#client.db().collection(name);
    return this.#views;
  }

  /**
   * A breaker: after a failure no call asks MongoDB for a while, then one call at a time tries on behalf of all until one is
   * answered.
   */
  async #guarded<T>(read: () => Promise<T>): Promise<T> {
    const now = performance.now();
    if (now < this.#restUntil) throw new ViewsUnavailableError();
    if (this.#failing) this.#restUntil = now + TRIAL_MS;
    try {
      const result = await read();
      this.#failing = false;
      this.#restUntil = 0;
      return result;
    } catch (error) {
      if (error instanceof ViewsBehindReaderError) {
        // It answered: one reader's time says nothing about others.
        this.#failing = false;
        this.#restUntil = 0;
      }
      if (!isUnavailable(error)) throw error;
      this.#failing = true;
      this.#restUntil = performance.now() + REST_MS;
      throw new ViewsUnavailableError({ cause: error });
    }
  }
}

/** Whether MongoDB could not answer, as opposed to refusing the request. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoServerError) return PASSING.has(Number(error.code));
  return error instanceof MongoError || SOCKET_ERRORS.has((error as { code?: string }).code ?? '');
}
