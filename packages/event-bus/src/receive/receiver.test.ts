import { beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type BusEvent, encodeEvent } from '../events/envelope.ts';
import { defineRemoteEvent } from '../events/remote-event.ts';
import { Receiver } from './receiver.ts';

const rules = defineRemoteEvent('rules', z.object({ set: z.string(), version: z.int() }), {
  stateKey: ({ set }) => set,
});
const ping = defineRemoteEvent('ping', z.object({ n: z.int() }));

let receiver: Receiver;
let failures: unknown[];
let acted: unknown[];
let ids = 0;

const event = (type: string, data: object, more: Partial<BusEvent> = {}): BusEvent => ({
  specversion: '1.0',
  id: `e-${(ids += 1)}`,
  source: 'api:b',
  type,
  time: '2026-01-01T00:00:00.000Z',
  destination: '**',
  sender: 'run-b',
  data,
  ...more,
});
const rulesAt = (set: string, version: number, more: Partial<BusEvent> = {}) =>
  event('rules', { set, version }, { subject: set, ...more });
const receive = (received: BusEvent, past = false) =>
  receiver.receive(Buffer.from(encodeEvent(received)), past);
const note = (body: unknown) => {
  acted.push(body);
};

beforeEach(() => {
  failures = [];
  acted = [];
  receiver = new Receiver({
    address: { server: 'api', id: 'a' },
    run: 'run-a',
    events: [rules, ping],
    handlerLimitMs: 1_000,
    handlerFailed: (_, error) => failures.push(error),
  });
});

test('an event is acted on once, however often it is delivered', async () => {
  receiver.on('ping', note);
  const one = event('ping', { n: 1 });
  for (const each of [one, one, event('ping', { n: 2 }), one]) receive(each);
  await receiver.idle();
  expect(acted).toEqual([{ n: 1 }, { n: 2 }]);
  expect(receiver.counts).toMatchObject({ acted: 2, duplicate: 2 });
});

test('what is not for it, not known or wrong is counted and passed over', async () => {
  receiver.on('ping', note);
  receive(event('ping', { n: 1 }, { destination: 'relay' }));
  receive(event('ping', { n: 1 }, { destination: 'api:b' }));
  receive(event('pong', { n: 1 }));
  receive(event('ping', { n: 'one' }));
  receiver.receive(undefined, false);
  receiver.receive(Buffer.from('not JSON'), false);
  receive(event('ping', { n: 2 }, { destination: 'api:a' }));
  await receiver.idle();
  expect(acted).toEqual([{ n: 2 }]);
  expect(receiver.counts).toEqual({
    acted: 1,
    own: 0,
    duplicate: 0,
    elsewhere: 2,
    unknownType: 1,
    invalid: 3,
    past: 0,
  });
});

test('its own event is acted on first, and not again when it comes back', async () => {
  receiver.on('ping', note);
  const own = event('ping', { n: 1 }, { sender: 'run-a' });
  await receiver.actFirst(own);
  expect(acted).toEqual([{ n: 1 }]);
  receive(own);
  await receiver.idle();
  expect(acted).toEqual([{ n: 1 }]);
  expect(receiver.counts).toMatchObject({ own: 1, acted: 0 });
});

test('its own event for others is not acted on', async () => {
  receiver.on('ping', note);
  await receiver.actFirst(event('ping', { n: 1 }, { sender: 'run-a', destination: 'relay' }));
  expect(acted).toEqual([]);
});

describe('who joins late', () => {
  test('is given the last state of each key, the oldest first, and nothing else of the past', async () => {
    receiver.on('rules', note);
    receiver.on('ping', note);
    for (const each of [rulesAt('fees', 1), rulesAt('hours', 1), event('ping', { n: 1 }), rulesAt('fees', 2)])
      receive(each, true);
    await Promise.resolve();
    expect(acted).toEqual([]);
    receiver.caughtUp();
    receive(rulesAt('fees', 3));
    await receiver.idle();
    expect(acted).toEqual([
      { set: 'hours', version: 1 },
      { set: 'fees', version: 2 },
      { set: 'fees', version: 3 },
    ]);
    expect(receiver.counts).toMatchObject({ acted: 3, past: 2 });
  });

  test('with a handler is given what was acted on before it came, once', async () => {
    receive(rulesAt('fees', 1), true);
    receiver.caughtUp();
    receive(rulesAt('hours', 1));
    receiver.on('rules', note);
    receive(rulesAt('hours', 2));
    await receiver.idle();
    expect(acted).toEqual([
      { set: 'fees', version: 1 },
      { set: 'hours', version: 1 },
      { set: 'hours', version: 2 },
    ]);
  });

  test('again, after it was away, acts only on what it does not know', async () => {
    receiver.on('rules', note);
    const known = rulesAt('fees', 1);
    receive(known);
    receive(known, true);
    receive(rulesAt('hours', 1), true);
    receiver.caughtUp();
    await receiver.idle();
    expect(acted).toEqual([
      { set: 'fees', version: 1 },
      { set: 'hours', version: 1 },
    ]);
  });
});

test('a handler that throws or hangs is told of, and holds up nobody', async () => {
  const quick = new Receiver({
    address: { server: 'api', id: 'a' },
    run: 'run-a',
    events: [ping],
    handlerLimitMs: 1,
    handlerFailed: (_, error) => failures.push((error as Error).message),
  });
  quick.on('ping', () => {
    throw new Error('broken');
  });
  quick.on('ping', () => new Promise(() => undefined));
  const both = new Promise<void>((resolve) => {
    quick.on('ping', (body) => {
      note(body);
      if (acted.length === 2) resolve();
    });
  });
  for (const n of [1, 2]) quick.receive(Buffer.from(encodeEvent(event('ping', { n }))), false);
  await both;
  await quick.idle();
  expect(acted).toEqual([{ n: 1 }, { n: 2 }]);
  expect(failures).toEqual([
    'broken',
    'a handler of ping took longer than 1 ms',
    'broken',
    'a handler of ping took longer than 1 ms',
  ]);
  await expect(quick.actFirst(event('ping', { n: 3 }))).rejects.toThrow('broken');
});

test('a handler that was taken off is called no more, even for what has arrived', async () => {
  const off = receiver.on('ping', note);
  receive(event('ping', { n: 1 }));
  off();
  await receiver.idle();
  expect(acted).toEqual([]);
});

test('once closed, it gives nothing more to handlers', async () => {
  receiver.on('ping', note);
  receive(event('ping', { n: 1 }));
  await receiver.close();
  expect(acted).toEqual([]);
});

test('handlers cannot change what others are given', async () => {
  receiver.on('ping', (body) => {
    (body as { n: number }).n = 9;
  });
  receiver.on('ping', note);
  receive(event('ping', { n: 1 }));
  const { promise, resolve } = Promise.withResolvers<void>();
  receiver.on('ping', () => resolve());
  receive(event('ping', { n: 2 }));
  await promise;
  await receiver.idle();
  expect(acted).toEqual([{ n: 1 }, { n: 2 }]);
});
