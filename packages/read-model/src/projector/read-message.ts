import { EnvelopeError, readEnvelope, type ReadEvent } from '@ordershard/order-events';
import type { SourceMessage } from './message.ts';

/**
 * Reads the event in a message, with the order after the event or without it.
 *
 * @throws EnvelopeError that says why the message is no event; a retry does not change that
 */
export function readMessage({ key, value, headers, unreadable }: SourceMessage): ReadEvent {
  if (unreadable !== undefined) throw new EnvelopeError(unreadable);
  if (key === undefined) throw new EnvelopeError('the message has no key');
  if (value === undefined) throw new EnvelopeError('the message has no value');
  const named = Object.create(null) as Record<string, string>;
  for (const [name, text] of headers) {
    // Debezium writes a header without a value when the row has none: such a header counts as absent.
    if (name !== null && text !== null) named[name.toString('latin1')] = text.toString();
  }
  return readEnvelope({ key: key.toString(), value: value.toString(), headers: named });
}
