import { MongoClient } from 'mongodb';
import { messagesOf } from '../relay/check/topic.ts';
import { until } from '../until.ts';
import type { OperatorScene } from './scene.ts';

const PATIENCE_MS = 240_000;

/** The highest version of each order that is on the topic. */
export async function publishedVersions({
  brokers,
  topic,
}: OperatorScene): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for await (const { key, headers } of messagesOf(brokers, topic)) {
    const version = Number(headers['ce_sequence']);
    if (version > (versions.get(key) ?? 0)) versions.set(key, version);
  }
  return versions;
}

/** Waits until the views have the published versions of some orders. */
export async function untilProjected(
  { store }: OperatorScene,
  published: ReadonlyMap<string, number>,
  numbers: Iterable<string>,
): Promise<void> {
  const client = new MongoClient(store.env['ORDERSHARD_MONGODB_URL']!, { useBigInt64: true });
  try {
    const views = client.db().collection<{ _id: bigint; version: number }>('order_views');
    const left = new Set([...numbers].filter((number) => published.has(number)));
    await until(
      'the views to have what was published',
      async () => {
        const wanted = [...left].map(BigInt);
        for await (const { _id, version } of views.find(
          { _id: { $in: wanted } },
          { projection: { version: 1 } },
        ))
          if (version >= published.get(String(_id))!) left.delete(String(_id));
        return left.size === 0;
      },
      PATIENCE_MS,
    );
  } finally {
    await client.close();
  }
}
