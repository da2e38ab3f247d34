import { SettingError } from './errors.ts';
import { cacheRootOf } from './ways/native/cache.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which ways may be tried for a part without a URL: `auto` is Docker where an engine answers, else native. */
export type WaySetting = 'auto' | 'docker' | 'native';

/** The stack's settings, all from the environment. */
export interface Settings {
  readonly way: WaySetting;
  readonly cacheRoot: string;
  /** How long one server may take until it is healthy, milliseconds. */
  readonly startTimeoutMs: number;
  /** The whole environment, for the user's URLs and image names. */
  readonly env: Environment;
}

/** @throws SettingError when a variable holds something unknown */
export function readSettings(env: Environment): Settings {
  const way = env['ORDERSHARD_STACK_WAY'] || 'auto';
  if (way !== 'auto' && way !== 'docker' && way !== 'native') {
    throw new SettingError(`ORDERSHARD_STACK_WAY is "${way}"; it can be auto, docker or native`);
  }
  return { way, cacheRoot: cacheRootOf(env), startTimeoutMs: 90_000, env };
}
