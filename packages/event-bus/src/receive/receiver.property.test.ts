import { expect, test } from '@jest/globals';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import { z } from 'zod';
import { type BusEvent, encodeEvent } from '../events/envelope.ts';
import { defineRemoteEvent } from '../events/remote-event.ts';
import { Receiver } from './receiver.ts';

const ping = defineRemoteEvent('ping', z.object({ n: z.int() }), { stateKey: ({ n }) => String(n) });

const good: BusEvent = {
  specversion: '1.0',
  id: 'e-1',
  source: 'api:a-1',
  type: 'ping',
  time: '2026-01-02T03:04:05.678Z',
  subject: '1',
  destination: '**',
  sender: 'run-1',
  data: { n: 1 },
};

/** Values of messages: events of ours with members of others, other JSON, any bytes, none. */
const value = oneof(
  tuple(
    string(),
    dictionary(oneof(constantFrom(...Object.keys(good)), string()), jsonValue(), { maxKeys: 2 }),
  ).map(([id, members]) => Buffer.from(JSON.stringify({ ...good, id, ...members }))),
  jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
  uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  constant(Buffer.from(encodeEvent(good))),
  constant(undefined),
);

test('any value is counted once, and handlers are given bodies that pass, whatever else is on the topic', async () => {
  let given = 0;
  await assert(
    asyncProperty(array(tuple(value, boolean()), { maxLength: 20 }), async (values) => {
      const receiver = new Receiver({
        address: { server: 'api', id: 'b' },
        run: 'run-b',
        events: [ping],
        handlerLimitMs: 1_000,
        handlerFailed: (_, error) => {
          throw error;
        },
      });
      receiver.on('ping', (body) => {
        expect(Number.isSafeInteger((body as { n: number }).n)).toBe(true);
        given += 1;
      });
      for (const [bytes, past] of values) receiver.receive(bytes, past);
      receiver.caughtUp();
      await receiver.idle();
      const counts = Object.values(receiver.counts).reduce((sum, count) => sum + count, 0);
      expect(counts).toBe(values.length);
    }),
    { numRuns: 400 },
  );
  expect(given).toBeGreaterThan(100);
});
