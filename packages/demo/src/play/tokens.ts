import { mintToken } from '@ordershard/stack';
import type { Caller } from '../plan/states.ts';

/** Tokens are made for an hour and used for half of one. */
const TTL_SECONDS = 3_600;
const USED_MS = (TTL_SECONDS / 2) * 1_000;

/** How many callers' tokens are kept. */
const KEPT = 20_000;

/** The callers' tokens, each made when it is first needed. */
export class Tokens {
  readonly #env: Readonly<Record<string, string>>;
  readonly #kept = new Map<string, { readonly token: Promise<string>; readonly until: number }>();

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** A token of a caller; of the company's services there is one. */
  of(role: Caller, subject: string): Promise<string> {
    const name = `${role} ${subject}`;
    const now = performance.now();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.until > now) return kept.token;
    const token = mintToken({ role, subject, ttlSeconds: TTL_SECONDS }, this.#env);
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '');
    this.#kept.set(name, { token, until: now + USED_MS });
    return token;
  }
}
