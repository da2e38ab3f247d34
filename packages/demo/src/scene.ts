import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attachStack,
  createNamespace,
  SettingError,
  type Stack,
  StackStateError,
  startStack,
} from '@ordershard/stack';
import { type Stores, storesOf } from './check/compare-stores.ts';
import { Product } from './processes/product.ts';
import type { DemoSettings } from './settings.ts';

/** The name of the stack that `--keep` leaves running. */
export const KEPT_STACK = 'demo';

/** How the stack finds processes that run on it, when it is told to end. */
const STACK_MARK = 'ORDERSHARD_STACK_DIR';

const API_HOST = '127.0.0.1';

/**
 * Settings that the caller's must not replace: other processes may use the caller's ports, and `ready` is logged at level
 * info.
 */
const OWN_SETTINGS = {
  ORDERSHARD_API_HOST: API_HOST,
  ORDERSHARD_API_PORT: '0',
  ORDERSHARD_HEALTH_PORT: '0',
  ORDERSHARD_LOG_LEVEL: process.env['ORDERSHARD_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
};

/** The servers, a namespace of the run's own on them, and the product's processes. */
export interface Scene {
  readonly env: Readonly<Record<string, string>>;
  readonly stack: Stack;
  readonly stores: Stores;
  readonly product: Product;
  /** Where the product's processes write their logs. */
  readonly logDir: string;
  /** Of the API, such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Ends everything and removes the namespace. Returns the errors that happened. */
  close(): Promise<Error[]>;
  /** Lets everything live on without the demo. */
  release(): Promise<void>;
}

export interface SceneOptions {
  readonly settings: DemoSettings;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Called when a process of the product ends by itself. */
  readonly died: (why: string) => void;
  /** Called with the folder of the processes' logs. */
  readonly logsIn: (dir: string) => void;
}

/** Starts the servers, unless they are the user's own, makes the shards ready, and starts the product's processes. */
export async function setScene(options: SceneOptions): Promise<Scene> {
  const { settings, signal, say } = options;
  const ends: (() => Promise<Error[]>)[] = [];
  const close = async (): Promise<Error[]> => {
    const errors: Error[] = [];
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      errors.push(...(await end().catch((error: unknown) => [error as Error])));
    }
    return errors;
  };
  try {
    const keptBefore = settings.keep && isRunning(KEPT_STACK);
    const stack = await startServers(options);
    if (!keptBefore) ends.push(() => stack.stop().then(() => []));
    const namespace = await createNamespace(stack, 'demo');
    ends.push(() => namespace.drop().then(() => []));
    const env = { ...namespace.env, ...OWN_SETTINGS, [STACK_MARK]: stack.dir };
    const logDir = settings.keep
      ? join(stack.dir, 'demo-logs', String(process.pid))
      : mkdtempSync(join(tmpdir(), 'ordershard-demo-'));
    options.logsIn(logDir);
    const product = await Product.open({ env, logDir, died: options.died });
    ends.push(() => product.stop());
    signal.throwIfAborted();
    await product.migrate();
    signal.throwIfAborted();
    say('starting API, relay and projector');
    const [api] = await Promise.all([
      product.start('api'),
      product.start('relay'),
      product.start('projector'),
    ]);
    return {
      env,
      stack,
      stores: storesOf(env),
      product,
      logDir,
      origin: `http://${API_HOST}:${api.port}`,
      close,
      release: () => product.release(),
    };
  } catch (error) {
    for (const failure of await close()) say(failure.message);
    throw error;
  }
}

/** Whether an earlier run has left the stack of that name running. */
function isRunning(name: string): boolean {
  try {
    attachStack(name);
    return true;
  } catch (error) {
    if (error instanceof StackStateError) return false;
    throw error;
  }
}

async function startServers({ settings, signal, say }: SceneOptions): Promise<Stack> {
  const { shards, mysql, keep } = settings;
  const own = storesOf(process.env).shards.length;
  if (own > 0 && shards !== undefined && shards !== own) {
    throw new SettingError(`--shards ${shards}, but ORDERSHARD_MYSQL_URLS names ${own}`);
  }
  return startStack({
    ...(keep ? { name: KEPT_STACK } : { ephemeral: true }),
    ...(shards === undefined ? {} : { shards }),
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: say,
    signal,
  });
}
