import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shardsFromUrls } from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { openCluster } from '../cluster.ts';
import { openNextEpoch } from '../epochs/open-next-epoch.ts';
import { type CliRun, shardRebalance } from './cli.fixture.ts';

/** A cluster on databases of its own, for an epoch can only be opened once the one before has begun. */
interface TestCluster {
  readonly namespace: Namespace;
  readonly urls: readonly string[];
  readonly run: (args: readonly string[], shards?: number) => Promise<CliRun>;
}

const NAMES = ['opened', 'drained', 'undrained'] as const;
const clusters: Partial<Record<(typeof NAMES)[number], TestCluster>> = {};
const namespaces: Namespace[] = [];

beforeAll(async () => {
  for (const name of NAMES) {
    const namespace = await testNamespace(`epochs-${name}`);
    namespaces.push(namespace);
    const urls = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',');
    clusters[name] = {
      namespace,
      urls,
      run: (args, shards = urls.length) =>
        shardRebalance(args, {
          ORDERSHARD_MYSQL_URLS: urls.slice(0, shards).join(','),
          ORDERSHARD_CLUSTER: name,
        }),
    };
  }
  await Promise.all([init('opened'), init('drained'), init('undrained', 1)]);
});

afterAll(async () => {
  for (const namespace of namespaces) await namespace.drop();
});

async function init(name: (typeof NAMES)[number], shards?: number): Promise<void> {
  const { code, stderr } = await clusters[name]!.run(['init', '--yes', '--buckets', '64'], shards);
  if (code !== 0) throw new Error(stderr);
}

/** Runs a command that must end well, and gives what it printed as JSON. */
async function json<T>({ run }: TestCluster, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--output', 'json']);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** The log without what its first entry, `init`, says: newest first. */
async function history(cluster: TestCluster): Promise<readonly Record<string, unknown>[]> {
  const actions = await json<readonly Record<string, unknown>[]>(cluster, 'history');
  return actions.filter(({ action }) => action !== 'init');
}

const refused = (why: RegExp) => ({ code: 3, stdout: '', stderr: expect.stringMatching(why) });

test('epoch open, status, abort and close say what is so, refuse what cannot be, and stand in the log', async () => {
  const cluster = clusters.opened!;
  const { run, urls } = cluster;
  const none = await Promise.all([
    run(['epoch', 'status']),
    run(['epoch', 'abort', '--yes']),
    run(['epoch', 'close', '--yes']),
  ]);
  expect(none.map(({ code, stdout }) => [code, stdout])).toEqual([
    [0, 'no epoch was opened: all numbers go by the first assignment\n'],
    [0, expect.stringMatching(/^No epoch is being opened, and none is to begin\./)],
    [0, 'There is one epoch only: nothing to close.\n'],
  ]);
  const [unconfirmed, misspelt, inMs, dry, tooSoon, stranger] = await Promise.all([
    run(['epoch', 'open']),
    run(['epoch', 'open', '--in', 'soon']),
    run(['drain', '1', '--in', '90000000', '--yes']),
    run(['epoch', 'open', '--dry-run', '--weight', '1=3']),
    run(['epoch', 'open', '--in', '30', '--yes']),
    run(['epoch', 'open', '--empty', '7', '--yes']),
  ]);
  expect(unconfirmed).toMatchObject(refused(/add --yes/));
  expect(misspelt).toMatchObject({ code: 2, stdout: '' });
  const shares = /^dry run, .*shard 0: 16, shard 1: 48 of 64 buckets \(16 of numbers and 16 of keys get/m;
  expect(dry).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(shares) });
  const bounds = expect.stringMatching(/whole number from 65 to 86,400/);
  for (const outcome of [inMs, tooSoon])
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: bounds });
  expect(stranger).toMatchObject(refused(/shard 7 is not one/));

  // One whose opener hangs after the first shard is aborted by the operator.
  const operator = openCluster({
    clusterId: 'opened',
    shards: shardsFromUrls(urls),
    application: { TABLES: [] },
  });
  try {
    const [prepared, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const hanging = openNextEpoch(operator, {
      beginsInMs: 90_000,
      wishes: { weights: new Map([[1, 3]]) },
      by: 'hanging',
      afterStep: ({ step }) => {
        if (step !== 'prepared') return undefined;
        prepared.resolve();
        return aborted.promise;
      },
    });
    const ended = hanging.then(
      () => 'opened',
      ({ code }: { code: string }) => code,
    );
    await prepared.promise;
    expect((await run(['epoch', 'status'])).stdout).toMatch(/preparing +no[^]*aborted by itself, or by/);
    expect(await run(['epoch', 'open', '--yes'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/another epoch is being opened: wait for it, or abort it/),
    });
    expect(await run(['epoch', 'abort', '--yes', '--reason', 'it hangs'])).toMatchObject({ code: 0 });
    aborted.resolve();
    expect(await ended).toBe('ROUTER_EPOCH_ABORTED');
  } finally {
    await operator.close();
  }

  const opened = await json<{ from: string }>(
    cluster,
    'epoch',
    'open',
    '--weight',
    '1=3',
    '--yes',
    '--reason',
    'a test',
    '--by',
    'ann',
  );
  expect(opened).toEqual({
    begins: expect.stringMatching(/^\d{4}-/),
    from: expect.stringMatching(/^\d+$/),
    'map version': 2,
  });
  expect(await json(cluster, 'epoch', 'status')).toEqual({
    rows: [
      expect.objectContaining({ from: opened.from, state: 'active', 'every shard': 'yes', 'map version': 2 }),
      expect.objectContaining({ state: 'aborted', 'every shard': 'yes' }),
    ],
  });
  expect((await run(['epoch', 'status'])).stdout).toMatch(/^begins +from +state +every/);
  expect(await run(['epoch', 'open', '--yes'])).toMatchObject(refused(/has not begun yet/));
  // What the wet run refuses, the dry one does.
  expect(await run(['epoch', 'open', '--dry-run'])).toMatchObject(refused(/has not begun yet/));
  for (const how of ['--yes', '--dry-run'])
    expect(await run(['epoch', 'close', how])).toMatchObject(refused(/keys of the epoch before live until/));

  // One that has not begun is taken back.
  const dryAbort = await run(['epoch', 'abort', '--dry-run']);
  expect(dryAbort).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/Take back the epoch .*16 buckets of numbers and 16 of keys stay/),
  });
  expect(await json(cluster, 'epoch', 'abort', '--yes')).toEqual({ epochs: 1, 'map version': 3 });
  expect(await run(['epoch', 'abort', '--yes'])).toMatchObject({ code: 0 });
  expect(await json(cluster, 'epoch', 'status')).toMatchObject({
    rows: [{ from: opened.from, state: 'aborted', 'every shard': 'yes' }, { state: 'aborted' }],
  });
  expect((await history(cluster)).map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
    ['epoch abort', 'done', null],
    ['epoch open', 'done', 'a test'],
    ['epoch abort', 'done', 'it hangs'],
  ]);
});

test('drain gives the shard nothing from a moment to come, and what is written already stays', async () => {
  const cluster = clusters.drained!;
  const { run } = cluster;
  expect(await run(['drain', '1', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^dry run, .*no new orders onto shard 1/m),
  });
  expect(await run(['drain', '7', '--yes'])).toMatchObject(refused(/shard 7 is not one/));
  const drained = await json(cluster, 'drain', '1', '--yes', '--reason', 'new hardware');
  const changes = { 'buckets of numbers that change': 32, 'buckets of keys that change': 32 };
  expect(drained).toMatchObject({ shard: 1, ...changes, 'rows copied': 0, 'map version': 2 });
  expect(await run(['drain', '1', '--yes'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Nothing to do/),
  });
  expect(await run(['undrain', '1', '--yes'])).toMatchObject(refused(/has not begun yet/));
  expect(await json(cluster, 'epoch', 'status')).toMatchObject({
    rows: [{ state: 'active', 'every shard': 'yes' }],
  });
  const { shards } = await json<{ shards: unknown }>(cluster, 'topology', 'show');
  expect(shards).toMatchObject([
    { shard: 0, numbers: 64, keys: 64 },
    // Of the epoch before, until it is closed.
    { shard: 1, numbers: 32, keys: 32 },
  ]);
  expect((await history(cluster)).map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
    ['drain', 'done', 'new hardware'],
  ]);
});

test('undrain gives a shard that was added its part; one that is configured only is no part of it', async () => {
  const cluster = clusters.undrained!;
  const { run } = cluster;
  expect((await run(['epoch', 'open', '--dry-run'])).stderr).toMatch(/shard 0: 64 of 64 buckets/);
  expect(await run(['undrain', '1', '--yes'])).toMatchObject(refused(/shard 1 is not one of the cluster/));
  expect(await run(['shard', 'add', '1', '--yes'])).toMatchObject({ code: 0 });
  const { code, stdout } = await run(['undrain', '1', '--yes', '--in', '65', '--reason', 'lunch peak']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^shard +1\nbuckets of numbers that change +32\n/);
  expect(stdout).toMatch(/New orders go by it from \d{4}-\d\d-\d\d [\d:]+ UTC on\./);
  expect((await history(cluster)).map(({ action, outcome }) => [action, outcome])).toEqual([
    ['undrain', 'done'],
    ['shard add', 'done'],
  ]);
});
