import type { Shards } from '../pools/shards.ts';
import type { ShardSession } from '../pools/session.ts';
import { EarlierKeys } from './earlier-keys.ts';
import { EpochSettler } from './epoch-settler.ts';

/** The parts of a router that deal with epochs, besides routing by them. */
export class RouterEpochs {
  readonly earlierKeys: EarlierKeys;
  readonly settler: EpochSettler;

  /**
   * @param by who settles, for the books
   * @param settled called when something was settled
   */
  constructor(clusterId: string, shards: Shards, by: string, settled: () => void) {
    const onShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) =>
      shards.get(shard).operate(fn);
    this.earlierKeys = new EarlierKeys(onShard);
    this.settler = new EpochSettler(() => ({ clusterId, shards: shards.ids(), onShard }), by, settled);
  }
}
