export { type ArchiveAnswer, type ArchivedRows, ArchiveReader } from './archive-reader.ts';
export { type ArchiveCluster, ClusterArchive } from './cluster-archive.ts';
export {
  ArchiveDamagedError,
  ArchiveForeignError,
  ArchiveMissingError,
  ArchiveQueryError,
  ArchiveRefusedError,
  ArchiveUnavailableError,
  ArchiveUrlError,
} from './errors.ts';
export { type ArchiveCandidate, checkArchive, initArchive, type InitCluster } from './init-archive.ts';
export { type ArchiveShards, knownArchives, knowsArchive, type KnownArchives } from './known-archives.ts';
export type { AggregateRows } from './layout.ts';
export { type Mark, putMark } from './marks.ts';
export { makeArchive } from './make-archive.ts';
export { openArchive, openArchiveStore } from './open-store.ts';
export type { ArchiveOwner } from './owner.ts';
export type { ArchiveStore, StoredFile } from './store.ts';
export { type ArchiveChunk, scanArchive } from './scan-archive.ts';
