import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeStreamDocument, MongoClient, type ResumeToken } from 'mongodb';
import type { Findings } from '../findings.ts';

const AGAIN_MS = 200;

/** The parts of a change that the watch looks at. Views of up to 16 MB would not fit into an event. */
const NEEDED = [
  {
    $project: {
      operationType: 1,
      documentKey: 1,
      'fullDocument.version': 1,
      'updateDescription.updatedFields.version': 1,
    },
  },
];

/**
 * Watches every change of the views from a change stream, and finds each that takes a version back, or a view away. After
 * MongoDB was gone it goes on where it was.
 */
export class VersionWatch {
  changes = 0;
  readonly #url: string;
  readonly #findings: Findings;
  readonly #versions = new Map<string, number>();
  readonly #ending = new AbortController();
  readonly #opened = Promise.withResolvers<void>();
  #token: ResumeToken;
  #working: Promise<void> = Promise.resolve();

  constructor(url: string, findings: Findings) {
    this.#url = url;
    this.#findings = findings;
  }

  /** Begins to watch; resolves when the watch misses nothing any more. */
  async start(): Promise<void> {
    this.#working = this.#watch();
    await this.#opened.promise;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#working;
  }

  async #watch(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const client = new MongoClient(this.#url, { useBigInt64: true, serverSelectionTimeoutMS: 2_000 });
      try {
        const stream = client
          .db()
          .collection('order_views')
          .watch(NEEDED, this.#token === undefined ? {} : { resumeAfter: this.#token });
        while (!this.#ending.signal.aborted) {
          const change = await stream.tryNext();
          this.#token = stream.resumeToken ?? this.#token;
          if (this.#token !== undefined) this.#opened.resolve();
          if (change !== null) this.#see(change);
          else await sleep(20);
        }
        await stream.close();
      } catch {
        await sleep(AGAIN_MS);
      } finally {
        await client.close().catch(() => undefined);
      }
    }
  }

  #see(change: ChangeStreamDocument): void {
    if (!('documentKey' in change)) return;
    this.changes += 1;
    const number = String(change.documentKey._id);
    const before = this.#versions.get(number) ?? 0;
    if (change.operationType === 'delete') {
      this.#findings.add('outOfOrder', number, `its view was taken away at version ${before}`);
      return;
    }
    const version = versionAfter(change);
    if (version === undefined) return;
    if (version < before) this.#findings.add('outOfOrder', number, `from version ${before} to ${version}`);
    this.#versions.set(number, version);
  }
}

/** The version that a change leaves; undefined where it changes none. */
function versionAfter(change: ChangeStreamDocument): number | undefined {
  if (change.operationType === 'update') {
    const version: unknown = change.updateDescription.updatedFields?.['version'];
    return version === undefined ? undefined : Number(version);
  }
  if (change.operationType === 'insert' || change.operationType === 'replace')
    return Number(change.fullDocument['version']);
  return undefined;
}
