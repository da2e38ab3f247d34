import type { LedgerEntry, Ledger } from '../check/ledger.ts';
import type { OrderContent } from '../check/order-content.ts';
import { readContent } from '../check/read-content.ts';
import type { Findings } from '../check/findings.ts';
import { parseExact } from '../exact-json.ts';
import type { Action, Life, Sending } from '../plan/life.ts';
import type { Caller } from '../plan/states.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { persist, type Surprises } from './persist.ts';
import {
  commandRequest,
  otherBody,
  placeRequest,
  placingKey,
  readRequest,
  type Unsigned,
} from './requests.ts';
import type { Tokens } from './tokens.ts';

/** The dependencies of the clients of a day, and the observers that they report to. */
export interface Stage {
  readonly client: ApiClient;
  readonly tokens: Tokens;
  readonly ledger: Ledger;
  readonly findings: Findings;
  readonly counters: Surprises;
  readonly signal: AbortSignal;
  /** A version of an order was acknowledged just now. */
  acknowledged(number: string, version: number): void;
}

/** The clients of one order: they place it and lead it through its life, one request after the other. */
export async function playLife(stage: Stage, life: Life): Promise<void> {
  const entry = await place(stage, life);
  for (const action of life.actions) {
    if (action.kind === 'command') await command(stage, life, entry, action);
    else if (action.kind === 'too-late')
      await call(stage, life, action.by, commandRequest(life, entry.number, action), 409);
    else await read(stage, life, entry, action);
  }
}

async function place(stage: Stage, life: Life): Promise<LedgerEntry> {
  const { basket, placing } = life;
  const key = placingKey(life);
  if (placing.wrongTotalFirst) {
    await call(stage, life, 'member', placeRequest(`${key}-guess`, basket, basket.total + 1n), 409);
  }
  const request = placeRequest(key, basket, basket.total);
  let entry: LedgerEntry | undefined;
  await deliver(stage, life, 'member', request, 201, placing.sending, (content, repeat) => {
    if (entry === undefined) {
      entry = stage.ledger.placed(key, basket, content);
      stage.acknowledged(entry.number, 1);
    } else {
      stage.ledger.repeated(entry, 1, content, repeat);
    }
  });
  if (placing.otherBodyAfter) await call(stage, life, 'member', otherBody(key, basket), 422);
  return entry!;
}

async function command(
  stage: Stage,
  life: Life,
  entry: LedgerEntry,
  action: Extract<Action, { kind: 'command' }>,
): Promise<void> {
  const version = entry.statuses.length + 1;
  const request = commandRequest(life, entry.number, action);
  await deliver(stage, life, action.by, request, 200, action.sending, (content, repeat) => {
    if (entry.statuses.length < version) {
      stage.ledger.changed(entry, action.to, content);
      stage.acknowledged(entry.number, version);
    } else {
      stage.ledger.repeated(entry, version, content, repeat);
    }
  });
}

/**
 * Sends a request in the way that the plan wants, and passes on each answer that the client took: the first one, then the
 * repeats, each with whether it was marked as a repeat.
 */
async function deliver(
  stage: Stage,
  life: Life,
  by: Caller,
  request: Unsigned,
  status: number,
  sending: Sending,
  take: (content: OrderContent, repeat: boolean) => void,
): Promise<void> {
  if (sending === 'lost') {
    // Hangs up somewhere between sending and the answer; the speed of the machine decides where.
    const token = await tokenOf(stage, life, by);
    await stage.client.abandon({ ...request, token }, (life.index % 8) + 1);
  }
  const send = () => call(stage, life, by, request, status);
  const answers = sending === 'twin' ? await Promise.all([send(), send()]) : [await send()];
  for (const answer of answers.toSorted((a, b) => Number(a.replayed) - Number(b.replayed))) {
    take(contentOf(answer), answer.replayed);
  }
  if (sending === 'again') {
    const again = await send();
    take(contentOf(again), again.replayed);
  }
}

async function read(
  stage: Stage,
  life: Life,
  entry: LedgerEntry,
  { what, by }: Extract<Action, { kind: 'read' }>,
): Promise<void> {
  const answer = await call(stage, life, by, readRequest(what, entry.number, life.basket), 200);
  if (what === 'order') {
    const content = contentOf(answer);
    stage.ledger.read(content);
    if (content.number !== entry.number || content.version > entry.statuses.length) {
      const detail = `read as ${content.number}, version ${content.version}`;
      stage.findings.add('mismatched', 'api', entry.number, detail);
    }
    return;
  }
  const { orders } = parseExact(answer.body) as { orders: unknown[] };
  const contents = orders.map(readContent);
  const { memberId, shopId } = life.basket;
  for (const [index, content] of contents.entries()) {
    stage.ledger.read(content);
    const others = what === 'member' ? content.memberId !== memberId : content.shopId !== shopId;
    const newer = index > 0 && BigInt(content.number) >= BigInt(contents[index - 1]!.number);
    if (others || newer) {
      const detail = `in a list of ${what} orders ${others ? 'of someone else' : 'after an older one'}`;
      stage.findings.add('mismatched', 'api', content.number, detail);
    }
  }
}

async function call(
  stage: Stage,
  life: Life,
  by: Caller,
  request: Unsigned,
  status: number,
): Promise<ApiAnswer> {
  const token = await tokenOf(stage, life, by);
  return persist(stage.client, { ...request, token }, status, stage.counters, stage.signal);
}

function tokenOf({ tokens }: Stage, { basket }: Life, by: Caller): Promise<string> {
  const subjects = { member: basket.memberId, shop: basket.shopId, service: 'demo' };
  return tokens.of(by, subjects[by]);
}

function contentOf({ body }: ApiAnswer): OrderContent {
  return readContent(parseExact(body));
}
