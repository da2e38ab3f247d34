import { FetchFailedError } from '../../errors.ts';
import type { Part } from '../../parts/part.ts';
import type { StartContext } from '../../stack/context.ts';
import type { DockerEngine } from './engine.ts';

export function startContainers(_part: Part, _engine: DockerEngine, _context: StartContext): Promise<void> {
  return Promise.reject(new FetchFailedError('not yet'));
}
