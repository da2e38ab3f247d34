import { expect, test } from '@jest/globals';
import type { Beat } from '../sql/beats.ts';
import { KnownBeats } from './known-beats.ts';

const refusal = (known: KnownBeats, shard: number, own: Beat | undefined) =>
  known.refusal(shard, own, known.last(shard));

const beat = (shard: number, incarnation: number, count: bigint) => ({ shard, incarnation, beat: count });

test('a shard is refused that is behind the last beat that anybody kept of it', () => {
  const known = new KnownBeats();
  expect(refusal(known, 1, undefined)).toBeUndefined();
  known.note([beat(1, 1, 100n), beat(1, 1, 90n), beat(2, 1, 5n)]);
  expect(refusal(known, 1, beat(1, 1, 100n))).toBeUndefined();
  expect(refusal(known, 1, beat(1, 1, 101n))).toBeUndefined();
  expect(refusal(known, 1, beat(1, 1, 99n))).toMatchObject({ code: 'ROUTER_SHARD_RESTORED', shard: 1 });
  expect(refusal(known, 1, undefined)?.message).toContain('beat none, seen 1.100');
});

test('a recovery counts above every beat from before', () => {
  const known = new KnownBeats();
  known.note([beat(1, 1, 100n), beat(1, 2, 3n)]);
  expect(refusal(known, 1, beat(1, 1, 200n))?.message).toContain('beat 1.200, seen 2.3');
  expect(refusal(known, 1, beat(1, 2, 3n))).toBeUndefined();
});

test('what has left the cluster is forgotten', () => {
  const known = new KnownBeats();
  known.note([beat(1, 1, 100n), beat(2, 1, 100n)]);
  known.keepOnly([2]);
  expect(refusal(known, 1, beat(1, 1, 1n))).toBeUndefined();
  expect(refusal(known, 2, beat(2, 1, 1n))).toBeDefined();
});
