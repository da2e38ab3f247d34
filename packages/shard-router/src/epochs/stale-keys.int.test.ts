import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeyElsewhereError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import type { UnitScope } from '../write/unit.ts';
import { type GrownCluster, grownCluster, soon, THIRDS } from './epoch-cluster.fixture.ts';
import { openEpoch } from './open-epoch.ts';

let grown: GrownCluster;

beforeAll(async () => {
  grown = await grownCluster();
});
afterAll(() => grown.end());

const NEVER_MS = 2 ** 31 - 1;
const KEY = 'key 1';

/** A unit that notes a key with a number. */
const unitOf =
  (number: bigint) =>
  ({ bucket }: UnitScope) => ({
    statements: [
      { sql: 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', values: [number, bucket, KEY] },
    ] as const,
  });

/** A number that lives on the key's shard by a router's map, and on shard 2 by the fences. */
function numberForBoth(router: ShardRouter): bigint {
  for (;;) {
    const number = router.drawNumberFor(KEY);
    if (THIRDS[router.bucketOf(number)] === 2) return number;
  }
}

test('a router that has not heard of an epoch writes no key that it has not looked for where it was', async () => {
  const stale = await grown.router({ mapPollMs: NEVER_MS });
  const bucket = stale.bucketOf(KEY);
  const owners = THIRDS.with(bucket, 2);
  const first = stale.drawNumberFor(KEY);
  const home = stale.shardOf({ key: KEY });
  const before = { number: first, key: KEY, keyGeneration: stale.keyGenerationOf(first), fresh: true };
  expect(await stale.write(before, unitOf(first))).toMatchObject({ applied: true, shard: home });
  const options = soon(3_000, { owners, keyOwners: owners });
  await openEpoch(grown.cluster, options);
  await new Promise((resolve) => setTimeout(resolve, options.fromMs - Date.now() + 10));

  const look = { sql: 'SELECT body FROM notes WHERE body = ?', values: [KEY] };
  const number = numberForBoth(stale);
  const keyGeneration = stale.keyGenerationOf(number);
  const lifetimeMs = 3_600_000;
  expect(await stale.readEarlier(KEY, { number, lifetimeMs }, look)).toBeUndefined();
  const target = { number, key: KEY, fresh: true };
  await expect(stale.write({ ...target, keyGeneration }, unitOf(number))).rejects.toThrow(KeyElsewhereError);
  await expect(stale.transaction({ ...target, keyGeneration }, () => Promise.resolve())).rejects.toThrow(
    KeyElsewhereError,
  );
  // With the new map, the router finds the key.
  await stale.refreshMap();
  expect(stale.keyGenerationOf(number)).toBeGreaterThan(keyGeneration);
  expect(await stale.readEarlier(KEY, { number, lifetimeMs }, look)).toEqual({ body: KEY });
  // The fences of the new epoch let the key pass: without a generation it would be written twice.
  expect(await stale.write(target, unitOf(number))).toMatchObject({ applied: true, shard: 2 });
});
