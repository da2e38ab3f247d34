import type { ArchiveStore } from './store.ts';

/**
 * A decision on a number after it was archived. Files are never written again. A mark says that the rows of the number in
 * them are void, because it was `restored` to a shard, or `erased`.
 */
export interface Mark {
  readonly number: bigint;
  readonly kind: 'restored' | 'erased';
  /** RFC 3339 UTC. Of files archived up to then. */
  readonly at: string;
}

const PREFIX = 'marks/';

/** Puts a mark. Putting it again does no harm. @throws ArchiveUnavailableError */
export async function putMark(store: ArchiveStore, { number, kind, at }: Mark): Promise<void> {
  const text = JSON.stringify({ at });
  const key = `${PREFIX}${number}/${kind}`;
  // What is there stays: a number that is restored once more gets one more mark. What is erased is so for good.
  if ((await store.putText(`${key}.json`, text)) || kind === 'erased') return;
  await store.putText(`${key}-${at.replaceAll(/\D/g, '')}.json`, text);
}

/** The marks of one number. */
export async function marksOf(store: ArchiveStore, number: bigint): Promise<readonly Mark[]> {
  return readMarks(store, `${PREFIX}${number}/`);
}

/** All marks. There are few: orders are restored and erased one by one. */
export async function allMarks(store: ArchiveStore): Promise<readonly Mark[]> {
  return readMarks(store, PREFIX);
}

async function readMarks(store: ArchiveStore, prefix: string): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for (const key of await store.list(prefix)) {
    const [, number, kind] = /^marks\/(\d+)\/(restored|erased)(?:-\d+)?\.json$/.exec(key) ?? [];
    const text = number === undefined ? undefined : await store.getText(key);
    if (text === undefined) continue;
    const { at } = JSON.parse(text) as { at: string };
    marks.push({ number: BigInt(number!), kind: kind as Mark['kind'], at });
  }
  return marks;
}

/** Returns whether marks of a number void the rows of it in a file that was archived at `archivedAt`. */
export function isVoid(marks: readonly Mark[], archivedAt: string): boolean {
  return marks.some(({ kind, at }) => kind === 'erased' || at >= archivedAt);
}
