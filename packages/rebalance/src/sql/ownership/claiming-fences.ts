import type { ShardSession } from '@ordershard/shard-router';
import type { ClaimingFence } from '../../ownership/claim.ts';

/**
 * The fences by which a shard owns something, and those of single numbers that it gave to another, as of one moment. One
 * statement, so that its snapshot is one; scans of three small tables, without a lock.
 */
export async function readClaimingFences(session: ShardSession): Promise<readonly ClaimingFence[]> {
  return session.query<ClaimingFence>(
    `SELECT 'numbers' AS kind, bucket, CAST(range_from AS CHAR) AS at, CAST(range_to AS CHAR) AS \`to\`,
            CAST(range_from AS CHAR) AS range_from, state, next_owner, CAST(readable_from AS CHAR) AS readable_from
       FROM bucket_fences
      WHERE state IN ('owned', 'capturing', 'frozen', 'carried') OR (state = 'moved' AND range_to = range_from + 1)
      UNION ALL
     SELECT 'keys', bucket, CAST(key_generation AS CHAR), CAST(key_generation AS CHAR), CAST(range_from AS CHAR), state,
            next_owner, '0'
       FROM key_fences WHERE state IN ('owned', 'capturing', 'frozen', 'sealed')
      UNION ALL
     SELECT 'texts', bucket, '0', '0', '0', state, next_owner, '0'
       FROM text_fences WHERE state IN ('owned', 'capturing', 'frozen')`,
  );
}
