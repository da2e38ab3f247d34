import type { IncomingHttpHeaders } from 'node:http';
import { eventId } from '@ordershard/order-events';
import type { CommandContext, Outcome } from '../commands/parts.ts';
import { callerOf, type ApiResponse } from './locals.ts';
import { orderJson } from './order-json.ts';
import { etagOf, sendJson } from './respond.ts';
import { idempotencyKey } from './schemas.ts';
import { validate } from './validate.ts';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who gives the command of a request, and what its headers say. */
export function commandContext(headers: IncomingHttpHeaders, response: ApiResponse): CommandContext {
  const { traceparent } = headers;
  return {
    caller: callerOf(response),
    idempotencyKey: validate(idempotencyKey, headers['idempotency-key'], 'Idempotency-Key'),
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  };
}

/** Answers with the order after a command, and with its version, which a later read can ask for. */
export function sendOutcome(response: ApiResponse, status: number, { snapshot, replayed }: Outcome): void {
  if (replayed) response.setHeader('Idempotent-Replayed', 'true');
  sendJson(response, status, orderJson(snapshot), {
    ETag: etagOf(snapshot),
    'Order-Version': eventId(snapshot.number, snapshot.version),
  });
}
