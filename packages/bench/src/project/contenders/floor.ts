import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoClient,
} from 'mongodb';
import { ensureIndexes, orderViews } from '@ordershard/read-model';
import type { Outcome, Task } from '../contender.ts';
import { inBatches } from './in-batches.ts';
import { plainView } from './plain-view.ts';

/** By hand on the same client libraries: a batch is read, written in one unordered bulk, and its offsets committed. */
export async function floor(task: Task, gated: boolean): Promise<Outcome> {
  const mongo = new MongoClient(task.mongoUrl, { useBigInt64: true, writeConcern: { w: 'majority' } });
  const views = mongo.db().collection('order_views');
  await ensureIndexes(orderViews(mongo.db()));
  const write = gated ? writeGated : replace;
  const outcome = await inBatches(task, 'snapshots', (batch) =>
    write(
      views,
      batch.map(({ value }) => plainView(value.toString())),
    ),
  );
  await mongo.close();
  return outcome;
}

type Write = (views: Collection, newer: readonly Document[]) => Promise<void>;

const replace: Write = async (views, newer) => {
  await views.bulkWrite(
    newer.map((view) => ({ replaceOne: { filter: { _id: view['_id'] }, replacement: view, upsert: true } })),
    { ordered: false },
  );
};

/** Gated as ours: first versions are inserted, which refuses them where there is anything; others go through the gate. */
export const writeGated: Write = async (views, newer) => {
  const [first, later] = [newer.filter(isFirst), newer.filter((view) => !isFirst(view))];
  if (first.length > 0) {
    await views.insertMany(first, { ordered: false }).catch((error: unknown) => {
      if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) throw error;
    });
  }
  if (later.length > 0) await views.bulkWrite(later.map(gatedUpsert), { ordered: false });
};

const DUPLICATE_KEY = 11_000;

const isFirst = (view: Document) => view['version'] === 1;

function gatedUpsert(view: Document): AnyBulkWriteOperation {
  const newer = { $lt: [{ $ifNull: ['$version', 0] }, view['version']] };
  return {
    updateOne: {
      filter: { _id: view['_id'] },
      update: [{ $replaceWith: { $cond: [newer, { $literal: view }, '$$ROOT'] } }],
      upsert: true,
    },
  };
}
