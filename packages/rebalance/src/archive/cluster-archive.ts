import { ArchiveForeignError, ArchiveMissingError } from './errors.ts';
import { type ArchiveOwner, OWNER_KEY, readOwner } from './owner.ts';
import type { ArchiveStore, StoredFile } from './store.ts';

/** The cluster that an archive must be of. */
export interface ArchiveCluster {
  readonly clusterId: string;
  /**
   * Returns whether the cluster's shards know an archive by its id; called when the archive is first used. Without it only
   * the cluster's name is compared, which two clusters may share: enough for those who only read.
   */
  readonly knows?: ((archiveId: string) => Promise<boolean>) | undefined;
}

/**
 * The archive of one cluster. Before it writes anything, or believes that something is missing, it checks once more that the
 * archive is there and is the cluster's: the disk of a folder may not be mounted any more.
 */
export class ClusterArchive implements ArchiveStore {
  readonly url: string;
  readonly #store: ArchiveStore;
  readonly #cluster: ArchiveCluster;
  #known: string | undefined;

  constructor(store: ArchiveStore, cluster: ArchiveCluster) {
    this.url = store.url;
    this.#store = store;
    this.#cluster = cluster;
  }

  /**
   * Reads whose the archive is, and sees that it is the cluster's.
   *
   * @throws ArchiveMissingError, ArchiveForeignError, ArchiveUnavailableError, ArchiveDamagedError
   */
  async check(): Promise<ArchiveOwner> {
    const owner = await readOwner(this.#store);
    if (owner === undefined) {
      await this.#store.look();
      throw new ArchiveMissingError(
        `${this.url} is no archive: it has no ${OWNER_KEY}. Make it one with \`shard-rebalance archive init\`, or with --adopt one that has days already`,
      );
    }
    const { clusterId, knows } = this.#cluster;
    if (owner.cluster !== clusterId) {
      throw new ArchiveForeignError(
        `the archive ${this.url} is that of cluster ${owner.cluster}, not of ${clusterId} (ORDERSHARD_CLUSTER)`,
      );
    }
    if (this.#known !== owner.archive && knows !== undefined) {
      if (!(await knows(owner.archive))) {
        throw new ArchiveForeignError(
          `the archive ${this.url} was made for another cluster of the name ${clusterId}: no shard of this one knows its id ${owner.archive}`,
        );
      }
    }
    this.#known = owner.archive;
    return owner;
  }

  async look(): Promise<void> {
    await this.check();
  }

  async put(key: string, path: string): Promise<boolean> {
    await this.check();
    return this.#store.put(key, path);
  }

  async putText(key: string, text: string): Promise<boolean> {
    await this.check();
    return this.#store.putText(key, text);
  }

  async getText(key: string): Promise<string | undefined> {
    await this.#checkOnce();
    const text = await this.#store.getText(key);
    if (text === undefined) await this.check();
    return text;
  }

  async fetch(key: string, path: string): Promise<void> {
    await this.#checkOnce();
    return this.#unlessGone(() => this.#store.fetch(key, path));
  }

  async open(key: string): Promise<StoredFile> {
    await this.#checkOnce();
    return this.#unlessGone(() => this.#store.open(key));
  }

  async list(prefix: string): Promise<readonly string[]> {
    await this.#checkOnce();
    const keys = await this.#store.list(prefix);
    if (keys.length === 0) await this.check();
    return keys;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #checkOnce(): Promise<void> {
    if (this.#known === undefined) await this.check();
  }

  async #unlessGone<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      await this.check();
      throw error;
    }
  }
}
