import { DEFAULT_PARTS, type PartName } from '../parts/part-name.ts';

/** Packages, and tests of others, that use no server but MySQL. */
const MYSQL_ALONE =
  /(^|\/)packages\/(?:(?:shard-router|order-rows|rebalance)(?:\/|$)|order-service\/src\/(?:retention|schema))/;

/**
 * Returns the parts that a test run needs: MySQL alone when the run has only tests that use no other server, and all default
 * parts otherwise. A broker and MongoDB take more time to start than many of those tests take.
 *
 * @param patterns of paths that the run was asked for; none for all tests
 */
export function partsOfRun(patterns: readonly string[]): readonly PartName[] {
  const alone = patterns.length > 0 && patterns.every((pattern) => MYSQL_ALONE.test(pattern));
  return alone ? ['mysql'] : DEFAULT_PARTS;
}
