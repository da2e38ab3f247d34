import { within } from '@ordershard/process';
import type { Producer } from '@platformatic/kafka';
import type { RawRecord } from './record.ts';

/**
 * Limits on calls of the client, milliseconds. It has limits of its own, but when its broker is killed it may never settle a call. A
 * projector that waited for such a call would never commit the offsets of the messages in it, nor of those behind them.
 */
const SEND_LIMIT_MS = 20_000;
const CLOSE_LIMIT_MS = 2_000;

/** Sends one request of records. Throws what the client throws, or an error when the client gives no answer in time. */
export function sendLimited(
  producer: Pick<Producer<Buffer | undefined, Buffer | undefined>, 'send'>,
  messages: RawRecord[],
  limitMs = SEND_LIMIT_MS,
): Promise<unknown> {
  return within(limitMs, 'the send', () => producer.send({ messages }));
}

/** Closes a client. Never rejects. Returns when the limit has passed, even if the client does not. */
export async function closed(
  client: { readonly close: (force: true) => Promise<unknown> },
  limitMs = CLOSE_LIMIT_MS,
): Promise<void> {
  await within(limitMs, 'closing the client', () => client.close(true)).catch(() => undefined);
}
