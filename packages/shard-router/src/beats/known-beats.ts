import { ShardRestoredError } from '../errors.ts';
import type { Beat } from '../sql/beats.ts';

/** Whether one beat came after another. */
export function isLater(one: Omit<Beat, 'shard'>, other: Omit<Beat, 'shard'>): boolean {
  return (
    one.incarnation > other.incarnation || (one.incarnation === other.incarnation && one.beat > other.beat)
  );
}

/** The last beat that is known of each shard, from whomever it was heard. */
export class KnownBeats {
  readonly #last = new Map<number, Beat>();

  last(shard: number): Beat | undefined {
    return this.#last.get(shard);
  }

  note(beats: readonly Beat[]): void {
    for (const beat of beats) {
      const known = this.#last.get(beat.shard);
      if (known === undefined || isLater(beat, known)) this.#last.set(beat.shard, beat);
    }
  }

  /** Forgets shards that are none of the cluster any more. */
  keepOnly(shards: readonly number[]): void {
    for (const shard of this.#last.keys()) if (!shards.includes(shard)) this.#last.delete(shard);
  }

  /**
   * Why a shard that says this of itself must not be used; undefined when it may be.
   *
   * @param known what was known of it when it was asked: what was heard of it since may be later than its answer
   */
  refusal(
    shard: number,
    own: Omit<Beat, 'shard'> | undefined,
    known: Beat | undefined,
  ): ShardRestoredError | undefined {
    if (known === undefined || (own !== undefined && !isLater(known, own))) return undefined;
    return new ShardRestoredError(shard, own, known);
  }
}
