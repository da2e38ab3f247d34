import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What became of an order that a member wanted. */
export interface Offer {
  readonly at: number;
  readonly ms: number;
  /** The number under which it was acknowledged. */
  readonly number: bigint | undefined;
  /** The part that refused it in the end; empty when the refusal named none. */
  readonly refusal: string | undefined;
}

interface Answer {
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How often a client asks for another number, or the other instance, before it gives up. */
const TRIES = 4;
const TIMEOUT_MS = 10_000;

const ORDER = JSON.stringify({ shopId: 's-1', items: [{ menuId: 'rice', quantity: 1 }] });

/**
 * A client that does what the API's documents advise. It asks for a number first and places its order under it. When it gets
 * no answer, it asks the other instance under the same number. When the number's shard is down, it asks for another number:
 * at once the first time, and then after the time that the API told it to wait.
 */
export class Client {
  readonly #origins: readonly string[];
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 512 });
  #turn = 0;

  constructor(origins: readonly string[], token: string) {
    this.#origins = origins;
    this.#token = token;
  }

  async offer(): Promise<Offer> {
    const at = performance.now();
    let refusal = '';
    let number: string | undefined;
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        number ??= await this.#number();
        const answer =
          number === undefined
            ? await this.#ask('POST', '/v1/orders', ORDER)
            : await this.#ask('PUT', `/v1/orders/${number}`, ORDER);
        if (answer.status === 200 || answer.status === 201) {
          const placed = BigInt(answer.body['number'] as string);
          return { at, ms: performance.now() - at, number: placed, refusal: undefined };
        }
        refusal = typeof answer.body['part'] === 'string' ? answer.body['part'] : '';
        // What could not be placed there is placed on another shard; one that may be there is asked for again.
        if (answer.body['type'] !== 'urn:ordershard:problem:outcome-unknown') number = undefined;
        if (tries > 0) await sleep(1_000 * answer.retryAfter);
      } catch {
        // No answer: the next try goes to the other instance.
        refusal = 'an instance of the API';
      }
    }
    return { at, ms: performance.now() - at, number: undefined, refusal };
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A number to place under; undefined when the API returns none. Then the API draws the number itself. */
  async #number(): Promise<string | undefined> {
    const { body } = await this.#ask('POST', '/v1/order-numbers');
    return typeof body['number'] === 'string' ? body['number'] : undefined;
  }

  #ask(method: string, path: string, body = ''): Promise<Answer> {
    const origin = this.#origins[this.#turn % this.#origins.length]!;
    this.#turn += 1;
    return new Promise((resolve, reject) => {
      const asked = request(
        `${origin}${path}`,
        {
          method,
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => resolve(answerOf(answer, Buffer.concat(chunks).toString())));
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.on('error', reject);
      asked.end(body);
    });
  }
}

/** An answer that is not JSON counts as status 0 with an empty body. */
function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): Answer {
  const retryAfter = Number(headers['retry-after'] ?? 0);
  try {
    return { status: statusCode, retryAfter, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { status: 0, retryAfter, body: {} };
  }
}
