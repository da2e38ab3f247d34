import type { EpochAssignment, ShardMap } from '@ordershard/shard-router';
import type { Findings } from '../findings.ts';
import { bucketOf } from '../murmur.ts';

/** Which shard owns which numbers, as the run has noted it epoch by epoch. What it has noted must not change. */
export class Assignments {
  readonly #findings: Findings;
  #epochs: readonly EpochAssignment[] = [];
  #buckets = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Notes the epochs of a map. Adds a finding for an epoch that differs from what was noted before. */
  note(map: ShardMap): void {
    for (const [at, { from, owners }] of this.#epochs.entries()) {
      const now = map.epochs[at];
      if (now?.from !== from || JSON.stringify(now.owners) !== JSON.stringify(owners))
        this.#findings.add('mismatched', `epoch ${from}`, 'has other owners than it began with');
    }
    this.#epochs = map.epochs;
    this.#buckets = map.bucketCount;
  }

  /** Forgets all noted epochs, after epochs were given up on purpose. */
  restart(map: ShardMap): void {
    this.#epochs = [];
    this.note(map);
  }

  get count(): number {
    return this.#epochs.length;
  }

  /** The shard that owns a number by the number's epoch. */
  ownerOf(number: string): number {
    const epoch = this.#epochs.findLast(({ from }) => BigInt(from) <= BigInt(number))!;
    return epoch.owners[bucketOf(number, this.#buckets)]!;
  }
}
