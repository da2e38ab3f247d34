import { fileURLToPath } from 'node:url';
import { migrate, readShardSettings } from '@ordershard/order-service/bench';
import { mintToken, startProcess, startStack, type OwnProcess, type Stack } from '@ordershard/stack';
import { CLUSTER } from '../write/cluster.ts';

const SHARDS = 2;
const SHOP = { name: 'Bench', currency: 'KRW', menus: [{ menuId: 'rice', name: 'Rice', price: 4_500 }] };

/** What is ordered: three lines and a note. */
export const ORDER = JSON.stringify({
  shopId: 's-bench',
  items: [1, 2, 3].map((quantity) => ({ menuId: 'rice', quantity })),
  note: 'n',
});

/** The API as it is deployed, on servers of its own, with a shop to order from. */
export class OrderApi {
  readonly stack: Stack;
  readonly api: OwnProcess;
  readonly #env: Readonly<Record<string, string>>;
  readonly #token: string;
  readonly #processes: OwnProcess[];

  private constructor(
    stack: Stack,
    env: Readonly<Record<string, string>>,
    token: string,
    processes: OwnProcess[],
  ) {
    this.stack = stack;
    this.api = processes[0]!;
    this.#env = env;
    this.#token = token;
    this.#processes = processes;
  }

  static async start(progress: (message: string) => void): Promise<OrderApi> {
    const stack = await startStack({
      ephemeral: true,
      shards: SHARDS,
      parts: ['mysql', 'mongodb', 'kafka'],
      onProgress: progress,
    });
    const processes: OwnProcess[] = [];
    try {
      const { shards } = readShardSettings(stack.env);
      await migrate(CLUSTER, shards);
      const env = {
        ...stack.env,
        ORDERSHARD_CLUSTER: CLUSTER,
        ORDERSHARD_API_PORT: '0',
        ORDERSHARD_API_RATE_MEMBER: '0',
        ORDERSHARD_API_DRAIN_MS: '0',
        ORDERSHARD_LOG_LEVEL: 'info',
        NODE_ENV: 'production',
      };
      processes.push(await started('../../../order-service/src/bin.ts', env, ['serve']));
      const token = await mintToken({ role: 'member', subject: 'm-bench', ttlSeconds: 7_200 }, env);
      const whole = new OrderApi(stack, env, token, processes);
      await whole.#openShop();
      return whole;
    } catch (error) {
      await Promise.all(processes.map((own) => own.kill()));
      await stack.stop();
      throw error;
    }
  }

  /** Starts another server beside it, of a file of this folder, with the same variables. */
  async startBeside(file: string): Promise<OwnProcess> {
    const own = await started(file, this.#env);
    this.#processes.push(own);
    return own;
  }

  /** The beginning of a request, up to its headers' end. */
  head(line: string): string {
    return `${line} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${this.#token}\r\n`;
  }

  /** A request that places the order, with further headers. */
  placing(headers = ''): string {
    const length = Buffer.byteLength(ORDER);
    return `${this.head('POST /v1/orders')}${headers}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${ORDER}`;
  }

  /** Calls the API and returns its answer. */
  async call(method: string, path: string, body: string, token = this.#token): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.api.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return answer.json();
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((own) => own.stop()));
    await this.stack.stop();
  }

  async #openShop(): Promise<void> {
    const operator = await mintToken({ role: 'operator', subject: 'bench' }, this.#env);
    await this.call('PUT', '/v1/shops/s-bench', JSON.stringify(SHOP), operator);
  }
}

function started(file: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  return startProcess({
    file: fileURLToPath(new URL(file, import.meta.url)),
    args,
    env,
    readyWithinMs: 120_000,
  });
}
