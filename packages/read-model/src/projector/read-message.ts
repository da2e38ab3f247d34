import { EnvelopeError, readEnvelope, type ReadEvent } from '@ordershard/order-events';
import type { SourceMessage } from './message.ts';

/**
 * The event that a message is, with the order after it or without.
 *
 * @throws EnvelopeError saying why it is none; it never will be
 */
export function readMessage({ key, value, headers, unreadable }: SourceMessage): ReadEvent {
  if (unreadable !== undefined) throw new EnvelopeError(unreadable);
  if (key === undefined) throw new EnvelopeError('the message has no key');
  if (value === undefined) throw new EnvelopeError('the message has no value');
  const named = Object.create(null) as Record<string, string>;
  for (const [name, text] of headers) {
    // Debezium writes a header without a value where a row has none: it is a header that is not there.
    if (name !== null && text !== null) named[name.toString('latin1')] = text.toString();
  }
  return readEnvelope({ key: key.toString(), value: value.toString(), headers: named });
}
