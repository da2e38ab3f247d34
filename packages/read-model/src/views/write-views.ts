import { BSON, type Collection, type Document } from 'mongodb';
import { batchesOf } from '../batches.ts';
import { ViewRefusedError, ViewsUnavailableError, ViewTooLargeError } from '../errors.ts';
import { maxBytesOf } from './document-bytes.ts';
import { isOfDocuments, isPassing } from './server-errors.ts';
import { type ServerLimits, serverLimitsOf } from './server-limits.ts';
import { DURABLE, WRITE_LIMIT_MS } from './write-concern.ts';

/** The fields that the views of every projection have: what the view is of, and the version of that which it shows. */
export interface VersionedView {
  readonly _id: bigint | string;
  readonly version: number | bigint;
}

/** A view that was not stored, and why. */
export interface RefusedView {
  /** Its index among the given views. */
  readonly index: number;
  readonly error: ViewRefusedError | ViewTooLargeError;
}

/** The result of storing views. */
export interface Written {
  /** Views that the server refuses because of their content; all others are stored. */
  readonly refused: readonly RefusedView[];
  /** How many views were to be inserted but were there already. */
  readonly known: number;
}

const DUPLICATE_KEY = 11_000;
/** The server's code for a document that is larger than it takes. */
const TOO_LARGE = 10_334;

/**
 * Stores each view only if it is newer than the stored one, and resolves when a majority has them. The views are of different
 * orders, in any order. When this throws, some may be stored; storing all again does no harm.
 *
 * The gate is a pipeline on `_id` alone. `$literal` keeps texts that look like field paths or operators from being read as
 * such. The other way would be `replaceOne` on `{_id, version: {$lt: v}}` with upsert. It reports every old version as a
 * duplicate key. It also loses a newer version that was inserted at the same time as an older one, unless the duplicates are
 * tried again without upsert; on `_id` alone the server tries again by itself. Measured on MongoDB 6.0 with bulks of 1,000,
 * CPU time of the server for each write: 74 to 87 µs against 120 to 149 where the view is new or newer, 17 to 21 µs against
 * 138 to 167 where it is not.
 *
 * Views that are new according to `isNew` are inserted first, at 17 µs; a view that is there after all (85 µs) goes through
 * the gate. All are sent as commands, each with as many bytes as the server says that it takes: the driver's bulk writes
 * measure each document exactly before they write it.
 *
 * @throws ViewsUnavailableError
 */
export async function writeViews<V extends VersionedView>(
  collection: Collection<V>,
  views: readonly V[],
  isNew: (index: number) => boolean = () => false,
): Promise<Written> {
  const limits = await limitsOf(collection, views.length);
  const all = views.map((view, index) => ({ view, index }));
  const fresh = all.filter(({ index }) => isNew(index));
  const inserted = await send(collection, limits, fresh, {
    statement: ({ view }) => view,
    command: (documents) => ({ insert: collection.collectionName, documents }),
  });
  const known = inserted.filter(({ code }) => code === DUPLICATE_KEY).map(({ item }) => item);
  // A stored view never gives way to a first version.
  const gated = [
    ...all.filter(({ index }) => !isNew(index)),
    ...known.filter(({ view }) => Number(view.version) !== 1),
  ];
  const updated = await send(collection, limits, gated, {
    statement: ({ view }) => gatedUpsert(view),
    command: (updates) => ({ update: collection.collectionName, updates }),
  });
  const failed = [...inserted.filter(({ code }) => code !== DUPLICATE_KEY), ...updated];
  return {
    known: known.length,
    refused: failed.map(({ item: { index }, code, text }) => ({
      index,
      error:
        code === TOO_LARGE
          ? new ViewTooLargeError(text)
          : new ViewRefusedError(`the view is refused: ${text}`),
    })),
  };
}

interface Item<V> {
  readonly view: V;
  readonly index: number;
}

interface Failure<V> {
  readonly item: Item<V>;
  readonly code: number;
  readonly text: string;
}

/** How views are written. */
interface Write<V> {
  /** Returns the part of the command for one view. */
  readonly statement: (item: Item<V>) => Document;
  readonly command: (statements: readonly Document[]) => Document;
}

interface Stated<V> {
  readonly item: Item<V>;
  readonly statement: Document;
  /** At the most. */
  readonly bytes: number;
}

/** Writes `items` in commands that fit the server's limits. Returns the items that failed because of their content. */
async function send<V extends VersionedView>(
  collection: Collection<V>,
  { documentBytes, commandBytes, writes }: ServerLimits,
  items: readonly Item<V>[],
  write: Write<V>,
): Promise<readonly Failure<V>[]> {
  const failures: Failure<V>[] = [];
  const fitting: Stated<V>[] = [];
  for (const item of items) {
    const statement = write.statement(item);
    const bytes = maxBytesOf(statement);
    const exact = bytes > documentBytes ? BSON.calculateObjectSize(statement) : bytes;
    if (exact <= documentBytes) fitting.push({ item, statement, bytes: exact });
    else
      failures.push({
        item,
        code: TOO_LARGE,
        text: `the view takes ${exact} bytes, the server takes ${documentBytes}`,
      });
  }
  for (const batch of batchesOf(fitting, ({ bytes }) => bytes, { bytes: commandBytes, count: writes }))
    failures.push(...(await sendOne(collection, batch, write)));
  return failures;
}

async function sendOne<V extends VersionedView>(
  collection: Collection<V>,
  batch: readonly Stated<V>[],
  write: Write<V>,
): Promise<readonly Failure<V>[]> {
  const { command } = write;
  let answer: Document;
  try {
    answer = await collection.db.command({
      ...command(batch.map(({ statement }) => statement)),
      ordered: false,
      writeConcern: { ...DURABLE, wtimeout: WRITE_LIMIT_MS },
    });
  } catch (cause) {
    if (isOfDocuments(cause)) return sendApart(collection, batch, write, cause);
    throw unavailable(batch.length, (cause as Error).message, cause);
  }
  if (answer['writeConcernError'] !== undefined)
    throw unavailable(batch.length, String((answer['writeConcernError'] as Document)['errmsg']));
  const errors = (answer['writeErrors'] ?? []) as { index: number; code: number; errmsg: string }[];
  return errors.map(({ index, code, errmsg }) => {
    if (isPassing(code)) throw unavailable(batch.length, errmsg);
    return { item: batch[index]!.item, code, text: errmsg };
  });
}

/** When a document made its command fail, writes the command in halves, down to that document. */
async function sendApart<V extends VersionedView>(
  collection: Collection<V>,
  batch: readonly Stated<V>[],
  write: Write<V>,
  cause: unknown,
): Promise<readonly Failure<V>[]> {
  const { message, code } = cause as { readonly message: string; readonly code?: unknown };
  if (batch.length === 1) return [{ item: batch[0]!.item, code: Number(code ?? 0), text: message }];
  const half = batch.length >> 1;
  return [
    ...(await sendOne(collection, batch.slice(0, half), write)),
    ...(await sendOne(collection, batch.slice(half), write)),
  ];
}

async function limitsOf<V extends VersionedView>(
  collection: Collection<V>,
  count: number,
): Promise<ServerLimits> {
  try {
    return await serverLimitsOf(collection.db);
  } catch (cause) {
    throw unavailable(count, (cause as Error).message, cause);
  }
}

function unavailable(count: number, reason: string, cause?: unknown): ViewsUnavailableError {
  return new ViewsUnavailableError(`${count} views could not be stored: ${reason}`, { cause });
}

function gatedUpsert(view: VersionedView): Document {
  const newer = { $lt: [{ $ifNull: ['$version', 0] }, view.version] };
  return {
    q: { _id: view._id },
    u: [{ $replaceWith: { $cond: [newer, { $literal: view }, '$$ROOT'] } }],
    upsert: true,
  };
}
