import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { mintToken, startProcess, type OwnProcess } from '@ordershard/stack';
import { send, startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, putTestShop } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';

let api: TestApi;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  api = await startTestApi('rolling');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(async () => {
  agent.destroy();
  await api.stop();
});

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));

/** An instance as operators run it: a process of its own. */
const start = () =>
  startProcess({
    file: BIN,
    args: ['serve'],
    env: {
      ...api.env,
      ORDERSHARD_API_PORT: '0',
      ORDERSHARD_API_DRAIN_MS: '500',
      ORDERSHARD_LOG_LEVEL: 'info',
      ORDERSHARD_API_RATE_MEMBER: '0',
    },
  });

/** What a balancer does: it asks every instance whether it is ready, and sends to those that were. */
class Balancer {
  instances: readonly OwnProcess[] = [];
  #ready: readonly OwnProcess[] = [];
  #turn = 0;
  #ended = false;
  readonly #looking: Promise<void>;

  constructor(instances: readonly OwnProcess[]) {
    this.instances = instances;
    this.#ready = instances;
    this.#looking = this.#look();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#looking;
  }

  get ready(): readonly OwnProcess[] {
    return this.#ready;
  }

  next(): OwnProcess {
    this.#turn += 1;
    return this.#ready[this.#turn % this.#ready.length]!;
  }

  async #look(): Promise<void> {
    while (!this.#ended) {
      const looked = this.instances;
      const found = await Promise.all(
        looked.map(({ port }) =>
          send(`http://127.0.0.1:${port}`, 'GET', '/readyz').then(
            ({ status }) => status === 200,
            () => false,
          ),
        ),
      );
      this.#ready = looked.filter((_, index) => found[index]);
      await delay(50);
    }
  }
}

/** Places an order over a connection that is kept alive; gives the status. Rejects when there is no answer. */
function place(port: number, token: string): Promise<number> {
  const body = JSON.stringify(orderOf());
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: '/v1/orders',
        method: 'POST',
        agent,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0)).once('error', reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

const running = new Set<OwnProcess>();

async function started(): Promise<OwnProcess> {
  const instance = await start();
  running.add(instance);
  return instance;
}

afterEach(async () => {
  await Promise.all([...running].map((instance) => instance.kill()));
});

test('two processes are replaced one after the other under load, and no request fails', async () => {
  const first = await Promise.all([started(), started()]);
  const balancer = new Balancer(first);
  const token = await mintToken({ role: 'member', subject: 'm-roll' }, api.env);
  const over = new AbortController();
  let placed = 0;
  const failures: unknown[] = [];
  const callers = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      try {
        const status = await place(balancer.next().port, token);
        if (status === 201) placed += 1;
        else failures.push(status);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  const more = (from: number) => until(() => Promise.resolve(placed > from + 20));
  for (const old of first) {
    await more(placed);
    const fresh = await started();
    balancer.instances = [...balancer.instances, fresh];
    await until(() => Promise.resolve(balancer.ready.includes(fresh)));
    // SIGTERM, and an end with status 0.
    await old.stop();
    running.delete(old);
    balancer.instances = balancer.instances.filter((instance) => instance !== old);
  }
  await more(placed);
  over.abort();
  await Promise.all(callers);
  await balancer.end();
  expect(failures).toEqual([]);
  const rows = await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-roll'");
  expect(rows).toHaveLength(placed);
  await Promise.all([...running].map((instance) => instance.stop()));
  running.clear();
});
