import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { COLLECTIONS } from '../http/http-party.ts';
import { PARTIES, type PartyName } from '../ports/third-party.ts';
import { Chance } from './chance.ts';
import { FakeParty } from './fake-party.ts';
import { mannerShape } from './manner.ts';
import { CallbackSender } from './send-callbacks.ts';

export interface FakeOptions {
  /** The same seed gives the same fates. */
  readonly seed: number;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The secret with which callbacks are signed. */
  readonly secret: string;
}

const demandShape = z.object({
  number: z.string(),
  shopId: z.string(),
  amount: z.string(),
  currency: z.string(),
  callbackUrl: z.string().optional(),
});

const controlShape = z.strictObject({ party: z.enum(PARTIES), manner: mannerShape.partial() });

/** What a request asks for. */
interface Asked {
  readonly party: FakeParty<PartyName>;
  readonly key: string;
  readonly verb: 'request' | 'ask' | 'withdraw';
}

/**
 * The three third parties in a server of their own, with the failures of real ones: delays, errors, lost answers, callbacks
 * that come twice or never, lies. `PUT /control` with `{party, manner}` changes how one behaves from now on. `GET /ledger`
 * returns all that each has done, and `GET /counts` how often each has failed its callers.
 */
export class FakeServer {
  readonly #chance: Chance;
  readonly #sender: CallbackSender;
  readonly #parties: ReadonlyMap<PartyName, FakeParty<PartyName>>;
  readonly #server: Server;
  /** How often each thing was asked, for chance: it does not depend on how requests interleave. */
  readonly #times = new Map<string, number>();

  private constructor({ seed, secret }: FakeOptions) {
    this.#chance = new Chance(seed);
    this.#sender = new CallbackSender(secret);
    const tell = this.#sender.send.bind(this.#sender);
    this.#parties = new Map(
      PARTIES.map((name) => [name, new FakeParty({ name, chance: this.#chance, tell })]),
    );
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => request.destroy());
    });
  }

  static async start(options: FakeOptions): Promise<FakeServer> {
    const fake = new FakeServer(options);
    await new Promise<void>((resolve, reject) => {
      fake.#server.once('error', reject);
      fake.#server.listen(options.port, options.host, resolve);
    });
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const party of this.#parties.values()) party.stop();
    await this.#sender.stop();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const path = request.url ?? '';
    if (path === '/control') return this.#control(request, body, response);
    if (path === '/ledger') return send(response, 200, this.#ledger());
    if (path === '/counts')
      return send(
        response,
        200,
        Object.fromEntries([...this.#parties].map(([name, { counts }]) => [name, counts])),
      );
    if (path === '/livez') return send(response, 200, { status: 'ok' });
    const asked = this.#asked(request.method ?? '', path);
    if (asked === undefined) return send(response, 404, { error: 'nothing is here' });
    return this.#serve(asked, body, response);
  }

  async #serve({ party, key, verb }: Asked, body: unknown, response: ServerResponse): Promise<void> {
    const thing = `${party.name} ${verb} ${key}`;
    const count = (this.#times.get(thing) ?? 0) + 1;
    this.#times.set(thing, count);
    const { down, delayMs, errors, lost } = party.manner;
    party.counts.requests += 1;
    if (down) {
      party.counts.cut += 1;
      response.destroy();
      return;
    }
    const chance = (what: string) => this.#chance.of(thing, what, count);
    const [from, to] = delayMs;
    // The delay comes before the work, so that the work may be done even when the caller has given up.
    await sleep(from + chance('delay') * (to - from));
    if (response.destroyed) party.counts.late += 1;
    if (chance('error') < errors) {
      party.counts.errors += 1;
      return send(response, 500, { error: 'out of order' });
    }
    const state = await this.#carryOut(party, key, verb, body);
    if (chance('lost') < lost) {
      party.counts.lost += 1;
      response.destroy();
      return;
    }
    if (state === undefined) return send(response, 404, { error: 'not known' });
    if (state === null) return send(response, 400, { error: 'no such demand' });
    return send(response, 200, { state });
  }

  /** Returns undefined when the third party says that it does not know the demand, and null when the body is no demand. */
  async #carryOut(
    party: FakeParty<PartyName>,
    key: string,
    verb: Asked['verb'],
    body: unknown,
  ): Promise<string | undefined | null> {
    if (verb === 'ask') return party.ask(key);
    if (verb === 'withdraw') return party.withdraw(key).catch(() => undefined);
    const demand = demandShape.safeParse(body);
    return demand.success ? party.request({ key, ...demand.data }) : null;
  }

  #asked(method: string, path: string): Asked | undefined {
    const [, collection, encoded, sub, ...more] = path.split('/');
    const name = PARTIES.find((each) => COLLECTIONS[each] === collection);
    if (name === undefined || encoded === undefined || encoded === '' || more.length > 0) return undefined;
    const [party, key] = [this.#parties.get(name)!, decodeURIComponent(encoded)];
    if (sub === 'withdrawal' && method === 'POST') return { party, key, verb: 'withdraw' };
    if (sub !== undefined) return undefined;
    if (method === 'PUT') return { party, key, verb: 'request' };
    return method === 'GET' ? { party, key, verb: 'ask' } : undefined;
  }

  #control(request: IncomingMessage, body: unknown, response: ServerResponse): void {
    if (request.method === 'PUT') {
      const change = controlShape.safeParse(body);
      if (!change.success) return send(response, 400, { error: z.prettifyError(change.error) });
      const party = this.#parties.get(change.data.party)!;
      const given = Object.entries(change.data.manner).filter(([, value]) => value !== undefined);
      party.manner = { ...party.manner, ...Object.fromEntries(given) };
    }
    return send(
      response,
      200,
      Object.fromEntries([...this.#parties].map(([name, { manner }]) => [name, manner])),
    );
  }

  #ledger(): object {
    return Object.fromEntries(
      [...this.#parties].map(([name, { kept }]) => [
        name,
        Object.fromEntries(
          [...kept].map(([key, { number, amount, states }]) => [key, { number, amount, states }]),
        ),
      ]),
    );
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
