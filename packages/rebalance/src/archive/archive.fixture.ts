import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  migrateShards,
  openShardSessions,
  ROUTER_MIGRATIONS,
  type ShardSessions,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import S3rver from 's3rver';
import type { InitCluster } from './init-archive.ts';
import { openArchiveStore } from './open-store.ts';
import type { ArchiveStore } from './store.ts';

/** A place of an archive for a test, and its end. */
export interface TestArchive {
  readonly url: string;
  readonly store: ArchiveStore;
  /** Puts a local file in the place of what is there, as no store of ours does. */
  tamper(key: string, path: string): Promise<void>;
  end(): Promise<void>;
}

/** A database that is a shard, whatever its cluster is called. */
export interface TestShard {
  readonly sessions: ShardSessions;
  cluster(clusterId: string): InitCluster;
  end(): Promise<void>;
}

export async function testShard(label: string): Promise<TestShard> {
  const namespace = await testNamespace(label);
  const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',').slice(0, 1));
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  const sessions = openShardSessions(shards);
  return {
    sessions,
    cluster: (clusterId) => ({ ...sessions, clusterId }),
    end: async () => {
      await sessions.close();
      await namespace.drop();
    },
  };
}

export async function testFolder(): Promise<TestArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-archive-'));
  return {
    url: folder,
    store: await openArchiveStore(folder),
    tamper: (key, path) => copyFile(path, join(folder, key)),
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What is used of s3rver beside its types: a Koa application over a store of files. */
interface KoaServer {
  readonly middleware: ((context: KoaContext, next: () => Promise<void>) => Promise<void>)[];
  readonly store: {
    existsObject(bucket: string, key: string): Promise<boolean>;
    getResourcePath(bucket: string, key: string, resource: string): string;
  };
}

interface KoaContext {
  readonly method: string;
  readonly path: string;
  get(header: string): string;
  status: number;
  body: unknown;
}

const BUCKET = 'orders';

/**
 * An S3-compatible server of this process, which checks signatures, with an empty bucket.
 *
 * @param conditional whether it knows If-None-Match of a put, which s3rver does not
 */
export async function testBucket(conditional = true): Promise<TestArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-s3-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const koa = server as unknown as KoaServer;
  if (conditional) koa.middleware.unshift(refuseTaken(koa));
  const { port } = await server.run();
  // s3rver knows this pair of keys only.
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  const url = `s3://${BUCKET}/archive?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
  const store = await openArchiveStore(url);
  return {
    url,
    store,
    tamper: (key, path) => copyFile(path, koa.store.getResourcePath(BUCKET, `archive/${key}`, 'object')),
    end: async () => {
      await store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A put that is to be the first of its key, and is not, is answered as S3 answers it. */
function refuseTaken({ store }: KoaServer): KoaServer['middleware'][number] {
  const putting = new Set<string>();
  return async (context, next) => {
    if (context.method !== 'PUT' || context.get('if-none-match') !== '*') return next();
    const key = decodeURIComponent(context.path).slice(`/${BUCKET}/`.length);
    const refuse = () => {
      context.status = 412;
      context.body = '<Error><Code>PreconditionFailed</Code><Message>it is there</Message></Error>';
    };
    if (putting.has(key)) return refuse();
    // Before it is looked whether it is there: of two that come at once one must see the other.
    putting.add(key);
    try {
      if (await store.existsObject(BUCKET, key)) return refuse();
      return await next();
    } finally {
      putting.delete(key);
    }
  };
}
