import type { Db, Filter, MongoClient } from 'mongodb';
import { openMongoClient } from '@ordershard/process/mongodb';
import { ORDER_STATUSES, type OrderStatus } from '@ordershard/order-events';
import { GIVEN_UP } from '../reactions/decide.ts';
import type { PartyName } from '../ports/third-party.ts';

/** Which third party an order of a state waits for. */
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

/** An order that has been as it is for a while, as its view says. */
export interface Hanging {
  readonly number: bigint;
  readonly status: OrderStatus;
  readonly party: PartyName;
  readonly since: Date;
}

/** Orders of one state that are looked at in one check, the oldest first. */
const MOST = 10_000;

/** How long after it was given up a payment is taken back again, in case that was missed the first time. */
const GIVEN_UP_FOR_MS = 3_600_000;

type View = { readonly _id: bigint; readonly status: OrderStatus; readonly updatedAt: Date };

/** Finds orders that hang, by their views. Along the index of status and time of the last change. */
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

  /** Orders that have not changed since `before`. Throws the driver's errors. */
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
      // What was paid is owed.
      { updatedAt: { $lt: before }, 'timeline.status': 'paid' },
      // What was given up may have been taken after all.
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
