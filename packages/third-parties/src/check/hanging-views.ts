import type { Db, Filter, MongoClient } from 'mongodb';
import { openMongoClient } from '@ordershard/process/mongodb';
import { ORDER_STATUSES, type OrderStatus } from '@ordershard/order-events';
import { GIVEN_UP } from '../reactions/decide.ts';
import type { PartyName } from '../ports/third-party.ts';

/** The third party that an order in each state waits for. */
export const WAITS_FOR: Partial<Record<OrderStatus, PartyName>> = {
  created: 'payment',
  paid: 'shop',
  accepted: 'shop',
  cooking: 'shop',
  ready: 'delivery',
  dispatched: 'delivery',
  picked_up: 'delivery',
  cancelled: 'payment',
};

/** An order that has not changed for a while, according to its view. */
export interface Hanging {
  readonly number: bigint;
  readonly status: OrderStatus;
  readonly party: PartyName;
  readonly since: Date;
}

/** The most orders of one state that a check looks at, the oldest first. */
const MOST = 10_000;

/**
 * For how long after a payment was given up each check takes it back again, in case the first time was missed. Milliseconds.
 */
const GIVEN_UP_FOR_MS = 3_600_000;

type View = { readonly _id: bigint; readonly status: OrderStatus; readonly updatedAt: Date };

/** Finds orders that hang by their views, along the index of status and time of the last change. */
export class HangingViews {
  readonly #client: MongoClient;

  constructor(url: string, appName: string) {
    this.#client = openMongoClient(url, {
      appName,
      serverSelectionTimeoutMS: 3_000,
      connectTimeoutMS: 3_000,
      socketTimeoutMS: 20_000,
      maxPoolSize: 4,
    });
  }

  /** Yields orders that have not changed since `before`. Throws the driver's errors. */
  async *find(before: Date, now: Date): AsyncGenerator<Hanging, void> {
    const db = this.#client.db();
    const views = db.collection<View>(await served(db));
    for (const status of ORDER_STATUSES) {
      const party = WAITS_FOR[status];
      if (party === undefined) continue;
      const cursor = views
        .find(filterOf(status, before, now), { projection: { status: 1, updatedAt: 1 } })
        .sort({ updatedAt: 1 })
        .limit(MOST)
        .batchSize(500);
      for await (const { _id, updatedAt } of cursor) yield { number: _id, status, party, since: updatedAt };
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function filterOf(status: OrderStatus, before: Date, now: Date): Filter<View> {
  if (status !== 'cancelled') return { status, updatedAt: { $lt: before } };
  return {
    status,
    $or: [
      // An order that was paid is owed its money back.
      { updatedAt: { $lt: before }, 'timeline.status': 'paid' },
      // A payment that was given up may have been taken after all.
      {
        updatedAt: { $lt: before, $gt: new Date(now.getTime() - GIVEN_UP_FOR_MS) },
        'cancellation.reason': GIVEN_UP.payment,
      },
    ],
  } as Filter<View>;
}

/** The collection that order views are served from: a rebuild may have changed it. */
async function served(db: Db): Promise<string> {
  const control = await db
    .collection<{ _id: string; serving?: string }>('projections')
    .findOne({ _id: 'order_views' }, { readConcern: { level: 'majority' } });
  return control?.serving ?? 'order_views';
}
