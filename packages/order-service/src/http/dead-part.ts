import {
  NumbersUnavailableError,
  ShardUnavailableError,
  WriteQueueFullError,
} from '@ordershard/shard-router';
import { CatalogueWriteError } from '../catalogue/errors.ts';
import { ViewsBehindReaderError, ViewsUnavailableError } from '../views/errors.ts';

/** How many errors of a chain of causes are looked at. */
const DEPTH = 8;

/**
 * Returns the part that does not answer according to an error, in words for callers and operators; undefined when the error
 * names none. The words contain no host and no address.
 */
export function deadPartOf(error: unknown): string | undefined {
  let each = error;
  for (let depth = 0; depth < DEPTH && each instanceof Error; depth += 1) {
    if (each instanceof ShardUnavailableError || each instanceof WriteQueueFullError)
      return `shard ${each.shard}`;
    if (each instanceof CatalogueWriteError) return each.shards.map((shard) => `shard ${shard}`).join(', ');
    if (each instanceof ViewsUnavailableError || each instanceof ViewsBehindReaderError) return 'order views';
    if (each instanceof NumbersUnavailableError) return 'all shards';
    each = each.cause;
  }
  return undefined;
}
