import { readManifests } from './archive-reader.ts';
import { allMarks } from './marks.ts';
import type { ClusterArchive } from './cluster-archive.ts';
import type { ArchiveOwner } from './owner.ts';

/** What lies in an archive. */
export interface ArchiveDescription {
  readonly owner: ArchiveOwner;
  readonly files: number;
  readonly bytes: number;
  /** The first and the last UTC day, `YYYY-MM-DD`. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Numbers of which files hold something that is void: they were restored, or erased. */
  readonly restored: number;
  readonly erased: number;
}

/** Reads what lies in an archive: all of its manifests. @throws as `ClusterArchive.check` does */
export async function describeArchive(archive: ClusterArchive): Promise<ArchiveDescription> {
  const owner = await archive.check();
  const manifests = await readManifests(archive, 'day=');
  const marks = await allMarks(archive);
  const days = manifests.map(({ day }) => day).toSorted();
  const numbersOf = (kind: string) =>
    new Set(marks.filter((mark) => mark.kind === kind).map(({ number }) => number));
  return {
    owner,
    files: manifests.length,
    bytes: manifests.reduce((sum, { bytes }) => sum + bytes, 0),
    from: days[0],
    to: days.at(-1),
    restored: numbersOf('restored').size,
    erased: numbersOf('erased').size,
  };
}
