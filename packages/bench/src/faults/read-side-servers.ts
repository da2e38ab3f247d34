import { createNamespace, type Namespace, type ServerHandle, startStack } from '@ordershard/stack';

const SHARDS = 2;

/** The servers of a read side, and of the shards that it follows, for the faults that harm them. */
export interface Victims {
  readonly mongodb: ServerHandle;
  readonly broker: ServerHandle;
  /** Position = shard id. */
  readonly shards: readonly ServerHandle[];
}

/** Servers that are this run's own. */
export interface Servers extends Victims {
  /** Names of their own on these servers. */
  namespace(label: string): Promise<Namespace>;
  end(): Promise<void>;
}

/** Starts servers that end with this process: never the user's own, since faults are done to these. */
export async function startServers(progress: (message: string) => void): Promise<Servers> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^ORDERSHARD_(MYSQL|KAFKA|MONGODB)_/.test(name)),
  );
  const stack = await startStack({
    ephemeral: true,
    env,
    parts: ['mysql', 'kafka', 'mongodb'],
    shards: SHARDS,
    onProgress: progress,
  });
  return {
    mongodb: stack.part('mongodb'),
    broker: stack.part('kafka'),
    shards: Array.from({ length: SHARDS }, (_, shard) => stack.part(`mysql-${shard}`)),
    namespace: (label) => createNamespace(stack, label),
    end: () => stack.stop(),
  };
}
