import type { Collection } from 'mongodb';
import type { OperatorParts } from '../cli/operator-parts.ts';
import type { OrderView } from '../projections/order-view.ts';
import { type PassOptions, runPass } from './pass.ts';
import { newPass, type PassProgress, ProgressStore } from './progress.ts';

/** Runs a pass over a collection of views, or goes on with the unfinished one. Throws the errors of the pass. */
export async function runVerify(
  { router, db, consumption }: OperatorParts,
  views: Collection<OrderView>,
  { restart, ...options }: PassOptions & { readonly restart: boolean },
): Promise<PassProgress> {
  const progress = new ProgressStore(db);
  const id = `${options.repair ? 'repair' : 'verify'} ${views.collectionName}`;
  const start = restart ? newPass(id) : await progress.resume(id);
  return runPass({ router, views, consumption, progress }, start, options);
}
