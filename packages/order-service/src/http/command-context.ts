import type { IncomingHttpHeaders } from 'node:http';
import { eventId } from '@ordershard/order-events';
import type { Request } from 'express';
import { callerText, type Caller } from '../commands/caller.ts';
import type { CommandContext, Outcome } from '../commands/parts.ts';
import type { Reader } from '../views/reader.ts';
import type { ApiResponse } from './locals.ts';
import { orderJson } from './order-json.ts';
import { etagOf, sendJson, tokenOf } from './respond.ts';
import { idempotencyKey } from './schemas/requests.ts';
import { validate } from './validate.ts';

/** A call that a role may make, as far as it matters here. */
interface CommandCall {
  readonly caller: Caller;
  readonly request: Request;
  readonly response: ApiResponse;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Returns the context of a request's command: the caller, what the headers say, and the refusal, if the caller may do no
 * more.
 */
export function commandContext({ caller, request, response }: CommandCall): CommandContext {
  const { headers } = request;
  const { traceparent } = headers;
  return {
    caller,
    share: callerText(caller),
    refusal: response.locals.refusal,
    idempotencyKey: validate(idempotencyKey, headers['idempotency-key'], 'Idempotency-Key'),
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  };
}

/**
 * The versions that If-Match names; undefined without one, and for `*`. It compares strongly (RFC 9110, section 13.1.1):
 * weak tags, and those that no order has, match none.
 */
export function ifVersions(headers: IncomingHttpHeaders): readonly number[] | undefined {
  const given = headers['if-match'];
  if (given === undefined || given === '*') return undefined;
  return [...given.matchAll(/(?<!W\/)"([1-9]\d{0,8})"/g)].map(([, version]) => Number(version));
}

/** A call that has changed an order. */
interface AnsweredCall {
  readonly reader: Reader;
  readonly response: ApiResponse;
}

/** Answers with the order after a command, and with its version, which a later read can ask for. */
export function sendOutcome(
  { reader, response }: AnsweredCall,
  status: number,
  { snapshot, replayed }: Outcome,
): void {
  reader.sawOnShard(snapshot);
  if (replayed) response.setHeader('Idempotent-Replayed', 'true');
  sendJson(response, status, orderJson(snapshot), {
    ETag: etagOf(snapshot),
    'Order-Version': eventId(snapshot.number, snapshot.version),
    ...tokenOf(reader),
  });
}
