import { fileURLToPath } from 'node:url';
import { dumpSchema, type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/** The dump that the repository keeps, to show in review what a migration does. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../../migrations/schema.sql', import.meta.url));

const HEAD = `-- The schema of a shard as the migrations make it. Written by \`npm run schema -- --write\`: do not edit.
-- The lists of daily partitions are left out.

`;

/** The dump of a migrated shard, as the repository keeps it. */
export async function schemaFileOf(shard: ShardConfig): Promise<string> {
  const [dump] = await withShardSessions([shard], dumpSchema);
  return HEAD + dump!;
}
