import { EnvelopeError, fromEnvelope } from '@ordershard/order-events';
import { ProjectionError } from '../errors.ts';
import { orderView, type OrderView } from '../projections/order-view.ts';
import type { SourceMessage } from './message.ts';

/**
 * The view that a message asks for.
 *
 * @throws EnvelopeError, ProjectionError saying why it asks for none; it never will
 */
export function readMessage({ key, value, headers }: SourceMessage): OrderView {
  if (key === undefined) throw new EnvelopeError('the message has no key');
  if (value === undefined) throw new EnvelopeError('the message has no value');
  return orderView(
    fromEnvelope({
      key: key.toString(),
      value: value.toString(),
      headers: Object.fromEntries(headers.map(([name, text]) => [name.toString(), text.toString()])),
    }),
  );
}

/** Whether an error tells that a message can never be projected. */
export function isUnreadable(error: unknown): error is EnvelopeError | ProjectionError {
  return error instanceof EnvelopeError || error instanceof ProjectionError;
}
