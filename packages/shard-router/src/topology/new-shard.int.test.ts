import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import {
  connectShardRouter,
  initialiseCluster,
  type MapBody,
  memberShards,
  migrateShards,
  nextMap,
  openShardSessions,
  publishMap,
  ROUTER_MIGRATIONS,
  type RouterOptions,
  type ShardConfig,
  type ShardRouter,
  type ShardSessions,
  shardsFromEnv,
  shardsFromUrls,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';

/** A router that is told of newer maps by the test alone, and says what it does. */
interface Watched {
  readonly router: ShardRouter;
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** Makes it look for a newer map, and resolves to what came of it. */
  look(): Promise<{ version: number; error: unknown }>;
}

let namespace: Namespace;
let folder: string;
let file: string;
let shards: readonly ShardConfig[];
let sessions: ShardSessions;
let first: Watched;

const configure = (some: readonly ShardConfig[]) => writeFile(file, JSON.stringify({ shards: some }));

async function watched(source: Pick<RouterOptions, 'shards' | 'reloadShards'>): Promise<Watched> {
  const added: number[] = [];
  const removed: number[] = [];
  let looked = Promise.withResolvers<{ version: number; error: unknown }>();
  let changed: () => void = () => undefined;
  const router = await connectShardRouter({
    clusterId: 'new',
    ...source,
    mapPollMs: 86_400_000,
    notifier: {
      subscribe: (tell) => {
        changed = tell;
        return () => undefined;
      },
    },
    observer: {
      mapReloaded: (version, error) => looked.resolve({ version, error }),
      shardAdded: (shard) => added.push(shard),
      shardRemoved: (shard) => removed.push(shard),
    },
  });
  routers.push(router);
  return {
    router,
    added,
    removed,
    look: () => {
      looked = Promise.withResolvers();
      changed();
      return looked.promise;
    },
  };
}

const routers: ShardRouter[] = [];

beforeAll(async () => {
  namespace = await testNamespace('new_shard');
  folder = await mkdtemp(join(tmpdir(), 'ordershard-shards-'));
  file = join(folder, 'shards.json');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  // Both are shards, but the first owns all: the second is one that was added.
  await initialiseCluster({ clusterId: 'new', shards: shards.slice(0, 1) });
  await initialiseCluster({ clusterId: 'new', shards });
  sessions = openShardSessions(shards);
});

beforeEach(async () => {
  await configure(shards.slice(0, 1));
  first = await watched(shardsFromEnv({ ORDERSHARD_SHARDS_FILE: file }));
});

afterAll(async () => {
  await Promise.all(routers.map((router) => router.close()));
  await sessions.close();
  await rm(folder, { recursive: true });
  await namespace.drop();
});

/** Gives the bucket of a number to the second shard, as a move would. */
async function giveAway(number: bigint): Promise<number> {
  const bucket = first.router.bucketOf(number);
  await sessions.onShard(1, (session) =>
    session.execute("UPDATE bucket_fences SET state = 'owned', next_owner = NULL WHERE bucket = ?", [bucket]),
  );
  await sessions.onShard(0, (session) =>
    session.execute("UPDATE bucket_fences SET state = 'moved', next_owner = 1 WHERE bucket = ?", [bucket]),
  );
  return bucket;
}

/** The newest map of the first shard with a change, published. */
async function publishChanged(change: (body: MapBody) => Partial<MapBody>): Promise<number> {
  const [stored] = await sessions.onShard(0, (session) =>
    session.query<{ version: number; hash: string; body: string }>(
      'SELECT version, hash, body FROM shard_maps ORDER BY version DESC LIMIT 1',
    ),
  );
  const body = JSON.parse(stored!.body) as MapBody;
  const parent = { ...body, version: stored!.version, parentHash: '', hash: stored!.hash };
  const map = nextMap({ ...body, ...change(body) }, parent);
  await publishMap(map, sessions.shards, (shard, fn) => sessions.onShard(shard, fn));
  return map.version;
}

/** The second shard as the owner of a bucket, published. */
const publishOwner = (bucket: number) =>
  publishChanged(({ epochs }) => ({ epochs: [{ from: '0', owners: epochs[0]!.owners.with(bucket, 1) }] }));

const note = (number: bigint) =>
  first.router.transaction({ number }, (tx) =>
    tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
  );

test('databases that are configured and not added yet disturb nobody; a shard that joins or leaves is told of', async () => {
  const bare = `${shards[0]!.writer}_bare`;
  await sessions.onShard(0, (session) =>
    session.execute(`CREATE DATABASE ${new URL(bare).pathname.slice(1)}`),
  );
  const candidates = [
    { id: 7, writer: bare },
    { id: 8, writer: `${bare}_nowhere` },
    { id: 9, writer: 'mysql://u@127.0.0.1:9/down' },
  ];
  await configure([...candidates, ...shards]);
  const all = await watched(shardsFromEnv({ ORDERSHARD_SHARDS_FILE: file }));
  const { router, added, removed } = all;
  expect(router.allShards()).toEqual([0]);
  expect(await router.transaction({ number: router.drawNumber() }, ({ shard }) => shard)).toBe(0);
  expect(await memberShards([...candidates, ...shards], 'new')).toEqual([shards[0]]);

  await publishChanged(() => ({ shards: [0, 1] }));
  await all.look();
  expect(new Set(router.allShards())).toEqual(new Set([0, 1]));
  await publishChanged(() => ({ shards: [0] }));
  await all.look();
  expect(router.allShards()).toEqual([0]);
  expect({ added, removed }).toEqual({ added: [1], removed: [1] });

  await expect(memberShards(candidates, 'new')).rejects.toThrow(/not initialised/);
  await sessions.onShard(0, (session) => session.execute(`DROP DATABASE ${new URL(bare).pathname.slice(1)}`));
});

test('a fence that names a shard which is not configured fails the call, until the configuration has it', async () => {
  const number = first.router.drawNumber();
  await giveAway(number);
  await expect(note(number)).rejects.toMatchObject({ code: 'ROUTER_UNKNOWN_SHARD' });
  await configure(shards);
  await note(number);
  expect(first.added).toEqual([1]);
  expect(first.router.allShards()).toEqual([0, 1]);
});

test('a map that names a shard which is not configured is refused, until the configuration has it', async () => {
  const fixed = await watched({ shards: shards.slice(0, 1) });
  const version = await publishOwner(await giveAway(first.router.drawNumber()));
  const refused = await first.look();
  expect(refused).toMatchObject({ version: version - 1, error: { code: 'ROUTER_UNKNOWN_SHARD' } });
  await configure(shards);
  expect(await first.look()).toEqual({ version, error: undefined });
  expect(first.added).toEqual([1]);
  // One whose configuration cannot be read again stays with the map that it has.
  expect(await fixed.look()).toMatchObject({ version: version - 1, error: { code: 'ROUTER_UNKNOWN_SHARD' } });
  expect([first.router.missingShards(), fixed.router.missingShards()]).toEqual([[], [1]]);
  await configure([]);
  const wrong = { code: 'ROUTER_TOPOLOGY', setting: 'ORDERSHARD_SHARDS_FILE' };
  expect(() => shardsFromEnv({ ORDERSHARD_SHARDS_FILE: file })).toThrow(expect.objectContaining(wrong));
  expect(await first.look()).toEqual({ version, error: undefined });
});
