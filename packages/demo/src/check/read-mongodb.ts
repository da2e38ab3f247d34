import { MongoClient } from 'mongodb';
import type { Comparison } from './comparison.ts';
import type { Findings } from './findings.ts';
import { readable, readContent } from './read-content.ts';

/** Passes every order view to a comparison, batch by batch. */
export async function readViews(url: string, comparison: Comparison, findings: Findings): Promise<void> {
  const client = new MongoClient(url, { useBigInt64: true, maxPoolSize: 1 });
  try {
    const views = client
      .db()
      .collection('order_views')
      .find({}, { batchSize: 1_000, readConcern: 'majority' });
    for await (const view of views) {
      readable(findings, 'mongodb', String(view._id), () => comparison.view(readContent(view)));
    }
  } finally {
    await client.close();
  }
}
