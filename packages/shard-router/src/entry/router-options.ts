import { InvalidOptionError } from '../errors.ts';
import type { PoolLimits } from '../pools/pool-limits.ts';
import { MAX_TIMER_MS } from '../pools/time-limits.ts';
import type { RouterOptions } from '../router-options.ts';
import type { MergeLimits } from '../write/merge-limits.ts';
import {
  A_BOOLEAN,
  A_COUNT,
  A_FUNCTION,
  A_TEXT,
  AN_ARRAY,
  AN_OBJECT,
  checkOptions,
  type OptionKinds,
  TIMER_MS,
} from './check-names.ts';

const OPTIONS: OptionKinds<RouterOptions> = {
  clusterId: A_TEXT,
  shards: AN_ARRAY,
  reloadShards: A_FUNCTION,
  tables: AN_ARRAY,
  poolSize: A_COUNT,
  limits: AN_OBJECT,
  access: AN_OBJECT,
  numbers: A_BOOLEAN,
  holder: A_TEXT,
  carrier: A_FUNCTION,
  mapFile: A_TEXT,
  merge: { what: 'an object or false', fits: (value) => value === false || AN_OBJECT.fits(value) },
  notifier: {
    what: 'an object with a function subscribe',
    fits: (value) => AN_OBJECT.fits(value) && A_FUNCTION.fits((value as { subscribe?: unknown }).subscribe),
  },
  mapPollMs: TIMER_MS,
  observer: AN_OBJECT,
  sqlComments: A_FUNCTION,
  drainMs: {
    what: `a number of milliseconds from 0 to ${MAX_TIMER_MS}`,
    fits: (value) => value === 0 || TIMER_MS.fits(value),
  },
};

const LIMITS: OptionKinds<Omit<PoolLimits, 'connections'>> = {
  queue: A_COUNT,
  connectTimeoutMs: TIMER_MS,
  queueTimeoutMs: TIMER_MS,
  statementTimeoutMs: TIMER_MS,
};

const MERGE: OptionKinds<MergeLimits> = {
  units: A_COUNT,
  length: A_COUNT,
  lanes: A_COUNT,
  queue: A_COUNT,
  queueLength: A_COUNT,
};

/**
 * Checks the name and the kind of each router option, also of those inside `limits` and `merge`.
 *
 * @throws InvalidOptionError
 */
export function checkRouterOptions(options: unknown): asserts options is RouterOptions {
  if (AN_OBJECT.fits(options) && Object.hasOwn(options as object, 'strategy')) {
    throw new InvalidOptionError(
      'connectShardRouter: there is no option strategy: numbers and keys go by the shard map. What another strategy places is read with withShard and written with onShard, see docs/strategies.md',
    );
  }
  checkOptions<RouterOptions>(options, OPTIONS, 'connectShardRouter');
  const { clusterId, shards, limits, merge } = options;
  if (clusterId === undefined || shards === undefined)
    throw new InvalidOptionError('connectShardRouter: clusterId and shards are needed');
  if (limits !== undefined) checkOptions(limits, LIMITS, 'limits');
  if (merge !== undefined && merge !== false) checkOptions<MergeLimits>(merge, MERGE, 'merge');
}
