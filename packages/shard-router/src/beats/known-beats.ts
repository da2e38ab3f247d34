import { ShardRestoredError } from '../errors.ts';
import type { Beat } from '../sql/beats.ts';

/** Whether one beat came after another. */
export function isLater(one: Omit<Beat, 'shard'>, other: Omit<Beat, 'shard'>): boolean {
  return (
    one.incarnation > other.incarnation || (one.incarnation === other.incarnation && one.beat > other.beat)
  );
}

/** Remembers the last known beat of each shard, whichever shard has reported it. */
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

  /** Forgets the shards that are not in this list: they no longer belong to the cluster. */
  keepOnly(shards: readonly number[]): void {
    for (const shard of this.#last.keys()) if (!shards.includes(shard)) this.#last.delete(shard);
  }

  /**
   * Returns why a shard that reports `own` as its beat must not be used; undefined when it may be used.
   *
   * @param known the last beat known when the shard was asked: a beat learned since then may be later than the shard's answer
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
