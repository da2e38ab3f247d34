import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { openArchiveStore } from './open-store.ts';
import type { ArchiveStore } from './store.ts';

/** An archive for a test, and its end. */
export interface TestArchive {
  readonly url: string;
  readonly store: ArchiveStore;
  end(): Promise<void>;
}

export async function testFolder(): Promise<TestArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-archive-'));
  return {
    url: folder,
    store: await openArchiveStore(folder),
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An S3-compatible server of this process, which checks signatures, with an empty bucket. */
export async function testBucket(): Promise<TestArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-s3-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'orders', configs: [] }],
  });
  const { port } = await server.run();
  // s3rver knows this pair of keys only.
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  const url = `s3://orders/archive?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
  const store = await openArchiveStore(url);
  return {
    url,
    store,
    end: async () => {
      await store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
