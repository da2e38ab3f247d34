import { FetchFailedError } from '../../errors.ts';

export interface DockerEngine {
  readonly socketPath: string;
  removeLabelled(label: string): Promise<void>;
}

export function dockerEngine(socketPath: string): DockerEngine {
  return { socketPath, removeLabelled: () => Promise.resolve() };
}

export function findEngine(_env: Readonly<Record<string, string | undefined>>): Promise<DockerEngine> {
  return Promise.reject(new FetchFailedError('no engine answers'));
}
