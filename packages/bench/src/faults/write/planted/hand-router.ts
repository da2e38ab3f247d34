import {
  bucketOf,
  connectShardRouter,
  DEFAULT_BUCKETS,
  shardsFromUrls,
  type UnitOf,
  type WriteOutcome,
  type WriteTarget,
} from '@ordershard/shard-router';
import type { WritingRouter } from '../answering.ts';
import { HandLane } from './hand-lane.ts';
import { textsOf } from './hand-unit.ts';

/** A router whose units are merged by hand, shard by shard, in lanes of the class given. It looks at no fence. */
export async function handRouter(
  clusterId: string,
  urls: readonly string[],
  Lane: new (shard: number, url: string) => HandLane = HandLane,
): Promise<WritingRouter> {
  const router = await connectShardRouter({ clusterId, shards: shardsFromUrls(urls), drainMs: 0 });
  const lanes = urls.map((url, shard) => new Lane(shard, url));
  const bucket = (key: bigint | string) => bucketOf(key, DEFAULT_BUCKETS);
  return {
    drawNumber: (on) => router.drawNumber(on),
    drawNumberFor: (key) => router.drawNumberFor(key),
    shardOf: (key) => router.shardOf(key),
    bucketOf: bucket,
    liveShards: () => router.liveShards(),
    keyGenerationOf: (number) => router.keyGenerationOf(number),
    readEarlier: (key, look, query) => router.readEarlier(key, look, query),
    refreshMap: () => router.refreshMap(),
    readRows: (number, query, options) => router.readRows(number, query, options),
    transaction: (target, fn, options) => router.transaction(target, fn, options),
    close: () => router.close(),
    write: async <Row>({ number, key }: WriteTarget, unit: UnitOf<Row>): Promise<WriteOutcome<Row>> => {
      const keyBucket = key === undefined ? undefined : bucket(key);
      const scope = {
        bucket: number === undefined ? keyBucket! : bucket(number),
        keyBucket,
        keyGeneration: 0,
      };
      const texts = textsOf(unit(scope));
      const outcome = await new Promise<WriteOutcome>((resolve, reject) => {
        lanes[router.shardOf(number ?? key!)]!.write({
          number,
          ...scope,
          ...texts,
          resolve,
          reject,
          doubt: false,
        });
      });
      return outcome as WriteOutcome<Row>;
    },
  };
}
