import { createHash } from 'node:crypto';
import type { Unit } from '../repository/applied-units.ts';
import type { KeyedRequest } from '../repository/idempotency-keys.ts';
import { callerText, type Caller } from './caller.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Binds a key to its caller, and hashes the request. Equal requests must have the same text in `request`. */
export function keyedRequest(caller: Caller, key: string, request: string): KeyedRequest {
  const text = callerText(caller);
  return { caller: text, key, keyText: keyTextOf(text, key), hash: sha256(request) };
}

/** The text that a caller's key is routed by; `caller` is the text of the caller. */
export function keyTextOf(caller: string, key: string): string {
  return `${caller} ${key}`;
}

/** The unit of work that a caller's key stands for on one order. */
export function unitOf(caller: Caller, number: bigint, key: string, request: string): Unit {
  return {
    id: sha256(`${callerText(caller)} ${number} ${key}`).subarray(0, 16),
    hash: sha256(request),
  };
}
