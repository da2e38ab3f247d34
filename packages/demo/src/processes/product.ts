import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Keeper } from './keeper.ts';
import type { ProcessLaunch } from './keeper-protocol.ts';
import { type ProductProcess, runToEnd, startReady } from './product-process.ts';

export type Role = 'api' | 'relay' | 'projector';

/** The product's own command lines, by which alone the demo knows the product. */
const COMMANDS = {
  migrate: ['order-service', 'migrate'],
  api: ['order-service', 'serve'],
  relay: ['outbox', 'relay'],
  projector: ['read-model', 'project'],
} as const satisfies Record<Role | 'migrate', readonly [string, string]>;

const PACKAGES = fileURLToPath(new URL('../../../', import.meta.url));

export interface ProductOptions {
  /** Variables of the product's processes, on top of this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets a log file for each start of a process. */
  readonly logDir: string;
  /** Called when a process ends that nobody asked to end. */
  readonly died: (why: string) => void;
}

/** The product, run as processes of the operating system. */
export class Product {
  readonly #keeper: Keeper;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logDir: string;
  readonly #died: (why: string) => void;
  readonly #running = new Map<Role, ProductProcess>();
  #starts = 0;

  private constructor(keeper: Keeper, { env, logDir, died }: ProductOptions) {
    const inherited = Object.entries(process.env).filter(([, value]) => value !== undefined);
    this.#keeper = keeper;
    this.#env = { ...Object.fromEntries(inherited), NODE_OPTIONS: '', ...env } as Record<string, string>;
    this.#logDir = logDir;
    this.#died = died;
  }

  static async open(options: ProductOptions): Promise<Product> {
    mkdirSync(options.logDir, { recursive: true, mode: 0o700 });
    return new Product(await Keeper.start(), options);
  }

  /** Makes every shard ready. Throws ProcessError. */
  async migrate(): Promise<void> {
    await runToEnd(this.#keeper, this.#launch('migrate'));
  }

  /** Starts a process of a role, and resolves when it is ready. Throws ProcessError. */
  async start(role: Role): Promise<ProductProcess> {
    const started = await startReady(this.#keeper, this.#launch(role));
    this.#running.set(role, started);
    void started.died.then(this.#died);
    return started;
  }

  /** The process of a role that was started last. */
  running(role: Role): ProductProcess | undefined {
    return this.#running.get(role);
  }

  /** Asks all processes to end, the API first, waits until all have ended, and returns the errors that happened. */
  async stop(): Promise<Error[]> {
    const stops = (['api', 'relay', 'projector'] as const).map(async (role) =>
      this.#running.get(role)?.stop(),
    );
    const results = await Promise.allSettled(stops);
    await this.#keeper.close();
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  }

  /** Ends all processes at once. */
  async kill(): Promise<void> {
    await this.#keeper.close();
  }

  /** Lets all processes live on without the demo. */
  async release(): Promise<void> {
    await this.#keeper.release();
  }

  #launch(command: keyof typeof COMMANDS): ProcessLaunch {
    const [name, verb] = COMMANDS[command];
    this.#starts += 1;
    return {
      file: join(PACKAGES, name, 'src', 'bin.ts'),
      args: [verb],
      // A process that starts again with the same id takes over at once what it held before.
      env: { ...this.#env, ORDERSHARD_INSTANCE_ID: `demo-${command}` },
      logFile: join(this.#logDir, `${this.#starts}-${command}.log`),
    };
  }
}
