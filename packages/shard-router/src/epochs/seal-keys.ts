import { FenceError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { sealKeys } from '../sql/epoch-fences.ts';
import type { EarlierOwner } from '../topology/map.ts';

const MOST_TURNS = 8;
/** Clocks are apart by less, as a rule. Milliseconds. */
const WAIT_FOR_CLOCK_MS = 1_000;

/** Runs `fn` with an operator's session of a shard. */
type OnShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/**
 * Sees to it that keys of an epoch that is over are not written on their owner there any more, so that a look for one
 * finds it, or it is not there for good. The seals that were seen are kept: a seal is never lifted.
 */
export class KeySeals {
  readonly #onShard: OnShard;
  readonly #by = new Map<string, Promise<number>>();

  constructor(onShard: OnShard) {
    this.#onShard = onShard;
  }

  /**
   * Seals the keys of a bucket from before an epoch, and gives the shard that has them.
   *
   * @param owner of the bucket's keys in the epoch
   * @throws FenceError when they cannot be sealed now: the epoch has not begun by that shard's clock, or they are being moved
   * @throws ShardUnavailableError when the shard does not answer
   */
  seal(bucket: number, { shard, until }: EarlierOwner, owner: number): Promise<number> {
    const name = `${bucket} ${until}`;
    let sealed = this.#by.get(name);
    if (sealed === undefined) {
      sealed = this.#seal(bucket, BigInt(until), shard, owner);
      this.#by.set(name, sealed);
      sealed.catch(() => this.#by.delete(name));
    }
    return sealed;
  }

  async #seal(bucket: number, until: bigint, shard: number, owner: number): Promise<number> {
    let at = shard;
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const fence = await this.#onShard(at, (session) => sealKeys(session, bucket, until, owner));
      // Forgotten with its epoch: nothing was written under it for long.
      if (fence === undefined || fence.state === 'sealed') return at;
      if (fence.state !== 'moved' || fence.next_owner === null) {
        const aheadMs = decodeNumber(until).timeMs - Number(fence.now_ms);
        if (aheadMs > 0 && aheadMs <= WAIT_FOR_CLOCK_MS) {
          await new Promise((resolve) => setTimeout(resolve, aheadMs));
          continue;
        }
        throw new FenceError(
          aheadMs > 0
            ? `key bucket ${bucket}: the epoch begins in ${aheadMs} ms by the clock of shard ${at}`
            : `key bucket ${bucket} is ${fence.state} on shard ${at}`,
        );
      }
      at = fence.next_owner;
    }
    throw new FenceError(`key bucket ${bucket}: the shards do not agree whose it was`);
  }
}
