import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Actor } from '@ordershard/order-events';
import { callerText } from '../commands/caller.ts';
import { callerOf, type ApiHandler } from './locals.ts';
import { Problem } from './problem.ts';

/** How many requests a caller of each role may send to this process in a second; 0 for as many as it likes. */
export type RateLimits = Readonly<Record<Actor, number>>;

/**
 * Lets a caller pass as often as its role may. It counts in this process: behind a balancer a caller may ask each
 * process that much, which bounds what one caller can do to it, and needs no store that all wait for.
 */
export function rateLimit(limits: RateLimits): ApiHandler {
  const limiters = new Map(
    Object.entries(limits)
      .filter(([, points]) => points > 0)
      .map(([role, points]) => [role, new RateLimiterMemory({ points, duration: 1 })]),
  );
  return async (_request, response, next) => {
    const caller = callerOf(response);
    const limiter = limiters.get(caller.role);
    if (limiter !== undefined) {
      try {
        await limiter.consume(callerText(caller));
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        throw new Problem('too-many-requests', `More than ${limiter.points} requests in a second.`, {
          headers: { 'Retry-After': `${Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000))}` },
        });
      }
    }
    next();
  };
}
