import type { EpochAssignment, ShardMap } from '@ordershard/shard-router';
import type { Findings } from '../findings.ts';
import { bucketOf } from '../murmur.ts';

/** Who owns which numbers, as the run has noted it epoch by epoch: what was noted must not change. */
export class Assignments {
  readonly #findings: Findings;
  #epochs: readonly EpochAssignment[] = [];
  #buckets = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Notes the epochs of a map; those that were noted before must be as they were. */
  note(map: ShardMap): void {
    for (const [at, { from, owners }] of this.#epochs.entries()) {
      const now = map.epochs[at];
      if (now?.from !== from || JSON.stringify(now.owners) !== JSON.stringify(owners))
        this.#findings.add('mismatched', `epoch ${from}`, 'has other owners than it began with');
    }
    this.#epochs = map.epochs;
    this.#buckets = map.bucketCount;
  }

  /** Forgets what was noted, once epochs were given up on purpose. */
  restart(map: ShardMap): void {
    this.#epochs = [];
    this.note(map);
  }

  get count(): number {
    return this.#epochs.length;
  }

  /** The shard that a number's epoch gives it to. */
  ownerOf(number: string): number {
    const epoch = this.#epochs.findLast(({ from }) => BigInt(from) <= BigInt(number))!;
    return epoch.owners[bucketOf(number, this.#buckets)]!;
  }
}
