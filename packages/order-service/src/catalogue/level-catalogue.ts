import type { ShardRouter } from '@ordershard/shard-router';
import { listRevisions } from './sql/list-revisions.ts';
import { selectShopRow } from './sql/select-shop.ts';
import { upsertShop } from './sql/upsert-shop.ts';

type LevelRouter = Pick<ShardRouter, 'liveShards' | 'onShard'>;

const PAGE = 1_000;

/**
 * Brings the newest revision of each shop to every live shard that has an older one or none: a shop may have been put while
 * a shard was down, or while it was added and not every instance knew of it. Safe to run at any time, by several at once.
 * Returns how many shops were brought.
 *
 * @throws the router's errors
 */
export async function levelCatalogue(router: LevelRouter): Promise<number> {
  const shards = router.liveShards();
  let brought = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const from: string = after;
    const pages = await Promise.all(
      shards.map((shard) => router.onShard(shard, (session) => listRevisions(session, from, PAGE))),
    );
    // Compares only as far as the pages of all shards reach.
    const ends = pages.flatMap((page) => (page.length < PAGE ? [] : [page.at(-1)!.shop_id]));
    const end = ends.reduce<string | undefined>(
      (least, id) => (least === undefined || isBefore(id, least) ? id : least),
      undefined,
    );
    const revisions = pages.map(
      (page) =>
        new Map(
          page
            .filter(({ shop_id: id }) => end === undefined || !isBefore(end, id))
            .map((row) => [row.shop_id, BigInt(row.revision)]),
        ),
    );
    for (const shopId of new Set(revisions.flatMap((each) => [...each.keys()])))
      brought += await levelShop(
        router,
        shopId,
        shards.map((shard, at) => ({ shard, revision: revisions[at]!.get(shopId) ?? -1n })),
      );
    after = end;
  }
  return brought;
}

/** Brings a shop to the shards that are behind the furthest one; returns to how many. */
async function levelShop(
  router: LevelRouter,
  shopId: string,
  known: readonly { readonly shard: number; readonly revision: bigint }[],
): Promise<number> {
  const newest = known.reduce((most, each) => (each.revision > most.revision ? each : most));
  const behind = known.filter(({ revision }) => revision < newest.revision);
  if (behind.length === 0) return 0;
  const row = await router.onShard(newest.shard, (session) => selectShopRow(session, shopId));
  if (row === undefined) return 0;
  for (const { shard } of behind)
    await router.onShard(shard, (session) => upsertShop(session, shopId, BigInt(row.revision), row.body));
  return behind.length;
}

/** As the binary collation of ids orders them, which are ASCII. */
const isBefore = (a: string, b: string) => a < b;
