import { decodeNumber } from '@ordershard/shard-router';
import { dayOf, isoDay } from '../retention/days.ts';
import type { AggregateRows } from './layout.ts';
import { decodeManifest, dayPrefix, type Manifest, manifestKeys } from './manifest.ts';
import { isVoid, type Mark, marksOf } from './marks.ts';
import { findInParquet } from './read-file.ts';
import type { ArchiveStore } from './store.ts';

/** The rows of a number as they were archived. */
export interface ArchivedRows {
  readonly rows: AggregateRows;
  readonly manifest: Manifest;
}

/** What an archive says of a number. */
export type ArchiveAnswer =
  | { readonly kind: 'archived'; readonly archived: ArchivedRows }
  | { readonly kind: 'restored' | 'erased' | 'missing' };

/** How long the list of a day's files is taken as it was. A day gets a new one once a day at the most. */
const LIST_MS = 60_000;
/** Days whose lists are kept. */
const DAYS_KEPT = 100;

/** Finds single numbers in an archive, by reading a few pieces of a file. */
export class ArchiveReader {
  readonly store: ArchiveStore;
  readonly #manifests = new Map<
    string,
    { readonly at: number; readonly list: Promise<readonly Manifest[]> }
  >();

  constructor(store: ArchiveStore) {
    this.store = store;
  }

  /**
   * Finds the newest archived rows of a number.
   *
   * @throws ArchiveUnavailableError, ArchiveDamagedError
   */
  async find(number: bigint): Promise<ArchiveAnswer> {
    const day = isoDay(dayOf(decodeNumber(number).timeMs));
    const candidates = (await this.#manifestsOf(day)).filter(
      ({ first, last }) => first !== null && BigInt(first) <= number && number <= BigInt(last!),
    );
    if (candidates.length === 0) return { kind: 'missing' };
    const marks = await marksOf(this.store, number);
    if (marks.some(({ kind }) => kind === 'erased')) return { kind: 'erased' };
    return this.#newest(candidates, number, marks);
  }

  async #newest(
    candidates: readonly Manifest[],
    number: bigint,
    marks: readonly Mark[],
  ): Promise<ArchiveAnswer> {
    let restored = false;
    for (const manifest of candidates) {
      const rows = await findInParquet(await this.store.open(manifest.file), manifest.layout, number);
      if (rows === undefined) continue;
      if (!isVoid(marks, manifest.archivedAt)) return { kind: 'archived', archived: { rows, manifest } };
      restored = true;
    }
    return { kind: restored ? 'restored' : 'missing' };
  }

  /** The manifests of a day, the newest first. */
  #manifestsOf(day: string): Promise<readonly Manifest[]> {
    const known = this.#manifests.get(day);
    if (known !== undefined && performance.now() - known.at < LIST_MS) return known.list;
    const list = readManifests(this.store, dayPrefix(day));
    this.#manifests.delete(day);
    this.#manifests.set(day, { at: performance.now(), list });
    // What could not be read is asked for again.
    list.catch(() => this.#manifests.delete(day));
    for (const oldest of this.#manifests.keys()) {
      if (this.#manifests.size <= DAYS_KEPT) break;
      this.#manifests.delete(oldest);
    }
    return list;
  }
}

/** Reads the manifests under a prefix, the newest first. @throws ArchiveUnavailableError, ArchiveDamagedError */
export async function readManifests(store: ArchiveStore, prefix: string): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const key of manifestKeys(await store.list(prefix))) {
    const text = await store.getText(key);
    if (text !== undefined) manifests.push(decodeManifest(text, key));
  }
  return manifests.toSorted((a, b) => (a.archivedAt < b.archivedAt ? 1 : -1));
}
