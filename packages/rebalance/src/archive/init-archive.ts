import { randomUUID } from 'node:crypto';
import { insertArchive } from '../sql/archives.ts';
import { readDays } from '../sql/retention/retention-days.ts';
import { readManifests } from './archive-reader.ts';
import { ArchiveForeignError, ArchiveRefusedError } from './errors.ts';
import { type ArchiveShards, knowsArchive } from './known-archives.ts';
import { decodeManifest, type Manifest } from './manifest.ts';
import { type ArchiveOwner, encodeOwner, OWNER_KEY, readOwner } from './owner.ts';
import type { ArchiveStore } from './store.ts';

/** The cluster that an archive is to be of. */
export interface InitCluster extends ArchiveShards {
  readonly clusterId: string;
}

/** What was found of a place that is to be a cluster's archive. */
export interface ArchiveCandidate {
  readonly store: ArchiveStore;
  /** Whose it is by now; undefined where nothing says so. */
  readonly owner: ArchiveOwner | undefined;
  /** Whether a shard knows it already: making it again only completes what was cut off. */
  readonly known: boolean;
  /** Files of days that lie in it. */
  readonly files: number;
}

/**
 * Looks whether a place can be made the archive of a cluster. Changes nothing.
 *
 * @param adopt whether it may have days already: all of them must be the cluster's then
 * @throws ArchiveMissingError, ArchiveForeignError, ArchiveRefusedError saying what is in the way
 * @throws ArchiveUnavailableError, ArchiveDamagedError, what a shard fails with
 */
export async function checkArchive(
  store: ArchiveStore,
  cluster: InitCluster,
  adopt: boolean,
): Promise<ArchiveCandidate> {
  await store.look();
  const owner = await readOwner(store);
  if (owner !== undefined && owner.cluster !== cluster.clusterId)
    throw new ArchiveForeignError(`the archive ${store.url} is that of cluster ${owner.cluster}`);
  const known = owner !== undefined && (await knowsArchive(cluster, owner.archive));
  const manifests = await readManifests(store, 'day=');
  const candidate = { store, owner, known, files: manifests.length };
  const others = manifests.find((manifest) => manifest.cluster !== cluster.clusterId);
  if (others !== undefined) {
    throw new ArchiveForeignError(
      `${store.url} has days of cluster ${others.cluster}, such as ${others.file}: an archive is one cluster's`,
    );
  }
  if (known || manifests.length === 0) return candidate;
  if (!adopt) {
    throw new ArchiveRefusedError(
      owner === undefined
        ? `${store.url} has ${manifests.length} files of days and does not say whose they are: --adopt takes it, when they are this cluster's`
        : `${store.url} was made for another cluster of the name ${owner.cluster}, or the shards have forgotten it: --adopt takes it, when its days are this cluster's`,
    );
  }
  await compareWithShards(store, cluster, manifests);
  return candidate;
}

/** Compares what shards have noted of their days with an archive that is to be theirs. @throws ArchiveRefusedError */
async function compareWithShards(
  store: ArchiveStore,
  { shards, onShard }: InitCluster,
  manifests: readonly Manifest[],
): Promise<void> {
  const there = new Map(manifests.map((manifest) => [manifest.file, manifest]));
  const lacking: string[] = [];
  let found = 0;
  for (const shard of shards) {
    for (const { day, manifest: text } of await onShard(shard, (session) => readDays(session))) {
      if (text === null) continue;
      const noted = decodeManifest(text, `retention_days ${day} of shard ${shard}`);
      const same = there.get(noted.file);
      if (same === undefined) lacking.push(noted.file);
      else if (same.sha256 !== noted.sha256)
        throw new ArchiveRefusedError(
          `${noted.file} in ${store.url} is not what shard ${shard} has archived under that name: it is another cluster's archive`,
        );
      else found += 1;
    }
  }
  if (found === 0 && lacking.length > 0)
    throw new ArchiveRefusedError(
      `${store.url} has nothing of what the shards have archived, such as ${lacking[0]}: it is another archive`,
    );
}

/**
 * Makes a place that was looked at the archive of a cluster, which its shards note. Safe to run again.
 *
 * @throws ArchiveForeignError when another cluster was faster
 * @throws ArchiveRefusedError when the store writes over what is there
 * @throws ArchiveUnavailableError, what a shard fails with
 */
export async function initArchive(
  { store, owner }: ArchiveCandidate,
  { clusterId, shards, onShard }: InitCluster,
  by: string,
): Promise<ArchiveOwner> {
  const made: ArchiveOwner = owner ?? {
    format: 1,
    archive: randomUUID(),
    cluster: clusterId,
    madeBy: by,
    madeAt: new Date().toISOString(),
  };
  const text = encodeOwner(made);
  if (owner === undefined) await store.putText(OWNER_KEY, text);
  const there = await readOwner(store);
  if (there?.archive !== made.archive)
    throw new ArchiveForeignError(`the archive ${store.url} was just made that of cluster ${there?.cluster}`);
  // With the same text, so that a store that does not look loses nothing.
  if (await store.putText(OWNER_KEY, text)) {
    throw new ArchiveRefusedError(
      `the store of ${store.url} writes over what is there: it does not know conditional puts (If-None-Match), without which no archive is safe`,
    );
  }
  for (const shard of shards)
    await onShard(shard, (session) => insertArchive(session, made.archive, store.url));
  return made;
}
