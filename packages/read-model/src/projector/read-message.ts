import { EnvelopeError, readEnvelope, type ReadEvent } from '@ordershard/order-events';
import { ProjectionError } from '../errors.ts';
import type { SourceMessage } from './message.ts';

/**
 * The event that a message is, with the order after it or without.
 *
 * @throws EnvelopeError saying why it is none; it never will be
 */
export function readMessage({ key, value, headers }: SourceMessage): ReadEvent {
  if (key === undefined) throw new EnvelopeError('the message has no key');
  if (value === undefined) throw new EnvelopeError('the message has no value');
  const named: Record<string, string> = {};
  for (const [name, text] of headers) named[name.toString('latin1')] = text.toString();
  return readEnvelope({ key: key.toString(), value: value.toString(), headers: named });
}

/** Whether an error tells that a message can never be projected. */
export function isUnreadable(error: unknown): error is EnvelopeError | ProjectionError {
  return error instanceof EnvelopeError || error instanceof ProjectionError;
}
