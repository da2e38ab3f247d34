/** A file that is read in pieces; hyparquet's AsyncBuffer has this shape. */
export interface StoredFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/**
 * The place of archived days: whole files under keys such as `day=2026-01-02/shard-0.parquet`. When `put` has resolved, the
 * whole file is there; before that, nothing is. A file is never overwritten.
 */
export interface ArchiveStore {
  /** Where it is, for people. Holds no secret. */
  readonly url: string;
  /** Checks that the place exists. @throws ArchiveMissingError, ArchiveUnavailableError */
  look(): Promise<void>;
  /**
   * Puts a local file under a key that is free. Returns false when the key is taken, and leaves that file as it is. This is
   * one step: when two put at once, one of them gets false.
   *
   * @throws ArchiveUnavailableError
   */
  put(key: string, path: string): Promise<boolean>;
  /** As {@link put}, with a text. */
  putText(key: string, text: string): Promise<boolean>;
  /** The text under a key; undefined when there is none. @throws ArchiveUnavailableError */
  getText(key: string): Promise<string | undefined>;
  /**
   * Copies the file under a key into a local file. @throws ArchiveUnavailableError, ArchiveDamagedError when it is missing
   */
  fetch(key: string, path: string): Promise<void>;
  /** Opens the file under a key, to be read in pieces. @throws as {@link fetch} */
  open(key: string): Promise<StoredFile>;
  /** The keys that begin with `prefix`, in order. */
  list(prefix: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
