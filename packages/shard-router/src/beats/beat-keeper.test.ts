import { expect, test } from '@jest/globals';
import type { Shards } from '../pools/shards.ts';
import type { KeptBeat } from '../sql/beats.ts';
import { BeatKeeper } from './beat-keeper.ts';
import { KnownBeats } from './known-beats.ts';

/** A shard that answers with rows that a test sets, and notes how it was judged. */
class Answering {
  readonly id: number;
  rows: readonly (readonly [shard: number, beat: bigint])[] = [];
  readonly judgements: boolean[] = [];
  live = true;

  constructor(id: number) {
    this.id = id;
  }

  /** All beats are young, so the keeper raises none. */
  look(): Promise<readonly KeptBeat[]> {
    return Promise.resolve(
      this.rows.map(([shard, beat]) => ({ shard, beat, incarnation: 1, ageMs: 0, at: '' })),
    );
  }

  judged(refusal: unknown): void {
    this.judgements.push(refusal !== undefined);
  }
}

test('a beat that rose between the answers of two shards makes none of them look restored, one that stays below does', async () => {
  const [one, other] = [new Answering(0), new Answering(1)];
  const shards = { all: () => [one, other], isMember: () => true };
  // Shard 0 answered before its beat rose; shard 1 answered after it had heard of the new beat.
  one.rows = [[0, 10n]];
  other.rows = [[0, 11n]];
  const keeper = new BeatKeeper(shards as unknown as Shards, new KnownBeats());
  const started = keeper.start();
  one.rows = [[0, 11n]];
  await started;
  await keeper.stop();
  expect(one.judgements).toEqual([false, false]);

  one.rows = [[0, 5n]];
  const again = new BeatKeeper(shards as unknown as Shards, new KnownBeats());
  await again.start();
  await again.stop();
  expect(one.judgements.slice(2)).toEqual([false, true]);
});
