import { type ArchiveStore, putMark, scanArchive } from '@ordershard/rebalance/archive';

/** Archived orders that are read at once. */
const CHUNK = 5_000;
const LAST_NUMBER = 2n ** 63n - 1n;

/**
 * The numbers of a member's orders that an archive gives out. Reads what it holds from end to end: files know numbers, no
 * members.
 *
 * @throws ArchiveUnavailableError, ArchiveDamagedError
 */
export async function archivedOrdersOf(store: ArchiveStore, memberId: string): Promise<readonly bigint[]> {
  const numbers: bigint[] = [];
  for (let after = -1n; after < LAST_NUMBER;) {
    const { rows, upTo } = await scanArchive(store, after, LAST_NUMBER, CHUNK);
    for (const { number, root } of rows) if (root['member_id'] === memberId) numbers.push(number);
    after = upTo;
  }
  return numbers;
}

/** Marks numbers as erased: the archive gives none of them out any more, in whatever file they are or will be. */
export async function markErased(store: ArchiveStore, numbers: Iterable<bigint>, at: string): Promise<void> {
  for (const number of numbers) await putMark(store, { number, kind: 'erased', at });
}
