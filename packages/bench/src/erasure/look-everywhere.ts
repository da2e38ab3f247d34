import type { ShardConfig } from '@ordershard/shard-router';
import { withShardSessions } from '@ordershard/shard-router';
import type { Db } from 'mongodb';

/** Looks for a text in every column of every table of every shard. Returns places such as `shard 0 orders.details`. */
export async function tablesWith(shards: readonly ShardConfig[], text: string): Promise<readonly string[]> {
  const found = await withShardSessions(shards, async (session) => {
    const columns = await session.query<{ t: string; c: string }>(
      `SELECT table_name AS t, column_name AS c FROM information_schema.columns
        WHERE table_schema = DATABASE() AND data_type IN ('char', 'varchar', 'text', 'mediumtext', 'longtext', 'json')`,
    );
    const hits: string[] = [];
    for (const { t, c } of columns) {
      const [row] = await session.query<{ n: string }>(
        `SELECT CAST(COUNT(*) AS CHAR) AS n FROM \`${t}\` WHERE INSTR(CONVERT(\`${c}\` USING utf8mb4), ?) > 0`,
        [text],
      );
      if (row!.n !== '0') hits.push(`shard ${session.shard} ${t}.${c}`);
    }
    return hits;
  });
  return found.flat();
}

/** Every collection in which a text is found. */
export async function collectionsWith(db: Db, text: string): Promise<readonly string[]> {
  const hits: string[] = [];
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    for await (const document of db.collection(name).find()) {
      const json = JSON.stringify(document, (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      if (json.includes(text)) hits.push(name);
    }
  }
  return [...new Set(hits)];
}
