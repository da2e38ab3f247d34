import { type ArchiveStore, putMark, scanArchive } from '@ordershard/rebalance/archive';

/** Archived orders that are read at once. */
const CHUNK = 5_000;
const LAST_NUMBER = 2n ** 63n - 1n;

/**
 * Returns the numbers of a member's orders that an archive still returns. Reads the whole archive, because its files are
 * organised by number, not by member.
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

/** Marks orders as erased: the archive never returns them again, whichever file holds them now or later. */
export async function markErased(store: ArchiveStore, numbers: Iterable<bigint>, at: string): Promise<void> {
  for (const number of numbers) await putMark(store, { number, kind: 'erased', at });
}
