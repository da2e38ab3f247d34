import { FenceError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { sealKeys } from '../sql/epoch-fences.ts';
import type { EarlierOwner } from '../topology/map.ts';

const MOST_TURNS = 8;
/** How far a shard's clock may be behind to be waited for, milliseconds. As a rule, clocks differ by less. */
const WAIT_FOR_CLOCK_MS = 1_000;

/** Runs `fn` with an operator's session of a shard. */
type OnShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/**
 * Seals the keys of an epoch that is over: their owner in that epoch writes none of them any more. So a later look for a key
 * either finds it, or the key will never be there. Remembers the seals that it has seen, because a seal is never lifted.
 */
export class KeySeals {
  readonly #onShard: OnShard;
  readonly #by = new Map<string, Promise<number>>();

  constructor(onShard: OnShard) {
    this.#onShard = onShard;
  }

  /**
   * Seals a bucket's keys of the epoch before `until`, and returns the shard that has them.
   *
   * @param owner the owner of the bucket's keys in the later epoch
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
      // There is no fence any more when its epoch is closed: then nothing has been written under it for a long time.
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
