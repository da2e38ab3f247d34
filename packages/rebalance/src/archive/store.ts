/** A file that is read in pieces; hyparquet's AsyncBuffer has this shape. */
export interface StoredFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/**
 * Where archived days lie: whole files under keys such as `day=2026-01-02/shard-0.parquet`. What was put is there, whole,
 * when `put` has resolved, and nothing is there before. Nothing is ever written over.
 */
export interface ArchiveStore {
  /** Where it is, for people. Holds no secret. */
  readonly url: string;
  /** Looks whether the place is there at all. @throws ArchiveMissingError, ArchiveUnavailableError */
  look(): Promise<void>;
  /**
   * Puts a local file under a key under which nothing is. False when something is: that stays as it is. In one step, so
   * that of two who put at once one gets false.
   *
   * @throws ArchiveUnavailableError
   */
  put(key: string, path: string): Promise<boolean>;
  /** As {@link put}, with a text. */
  putText(key: string, text: string): Promise<boolean>;
  /** The text under a key; undefined when there is none. @throws ArchiveUnavailableError */
  getText(key: string): Promise<string | undefined>;
  /** Copies what is under a key into a local file. @throws ArchiveUnavailableError, ArchiveDamagedError when it is missing */
  fetch(key: string, path: string): Promise<void>;
  /** Opens what is under a key, to be read in pieces. @throws as {@link fetch} */
  open(key: string): Promise<StoredFile>;
  /** The keys that begin with `prefix`, in order. */
  list(prefix: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
