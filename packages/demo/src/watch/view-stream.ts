import { type ChangeStream, type Document, MongoClient } from 'mongodb';
import type { Visibility } from './visibility.ts';

/** A change of a view, cut down to what is measured. */
interface ViewChange {
  readonly documentKey?: { readonly _id?: bigint };
  readonly version?: number | bigint | null;
}

const PIPELINE: Document[] = [
  { $match: { operationType: { $in: ['insert', 'update', 'replace'] } } },
  {
    $project: {
      documentKey: 1,
      version: { $ifNull: ['$fullDocument.version', '$updateDescription.updatedFields.version'] },
    },
  },
];

/** Follows MongoDB's change stream of the order views. */
export interface ViewStream {
  /** Why the stream broke, if it did. */
  failure(): Error | undefined;
  close(): Promise<void>;
}

/** Opens the stream and resolves once every later change will be seen. */
export async function watchViews(url: string, visibility: Visibility): Promise<ViewStream> {
  const client = new MongoClient(url, { useBigInt64: true, maxPoolSize: 2 });
  const stream = client
    .db()
    .collection('order_views')
    .watch<Document, Document>(PIPELINE, { batchSize: 1_000 });
  try {
    note(await stream.tryNext(), visibility);
  } catch (error) {
    await client.close();
    throw error;
  }
  let failure: Error | undefined;
  const ended = follow(stream, visibility).catch((error: unknown) => {
    if (!stream.closed) failure = error as Error;
  });
  return {
    failure: () => failure,
    close: async () => {
      await stream.close();
      await ended;
      await client.close();
    },
  };
}

async function follow(stream: ChangeStream<Document, Document>, visibility: Visibility): Promise<void> {
  while (!stream.closed) note(await stream.next(), visibility);
}

function note(change: Document | null, visibility: Visibility): void {
  const { documentKey, version } = (change ?? {}) as ViewChange;
  if (documentKey?._id === undefined || version === undefined || version === null) return;
  visibility.seen(String(documentKey._id), Number(version), performance.now());
}
