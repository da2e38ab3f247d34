import { createHash } from 'node:crypto';
import type { Unit } from '../repository/applied-units.ts';
import type { KeyedRequest } from '../repository/idempotency-keys.ts';
import { callerText, type Caller } from './caller.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Scopes a key to its caller, and fingerprints what is asked for; `request` is the same text for the same request. */
export function keyedRequest(caller: Caller, key: string, request: string): KeyedRequest {
  const text = callerText(caller);
  return { caller: text, key, keyText: keyTextOf(text, key), hash: sha256(request) };
}

/** What a caller's key is routed by; `caller` as text. */
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
