export { type ArchiveAnswer, type ArchivedRows, ArchiveReader } from './archive-reader.ts';
export {
  ArchiveDamagedError,
  ArchiveQueryError,
  ArchiveUnavailableError,
  ArchiveUrlError,
} from './errors.ts';
export type { AggregateRows } from './layout.ts';
export { type Mark, putMark } from './marks.ts';
export { openArchiveStore } from './open-store.ts';
export type { ArchiveStore, StoredFile } from './store.ts';
export { type ArchiveChunk, scanArchive } from './scan-archive.ts';
