import type { Actor } from '@ordershard/order-events';
import { CallerRates } from '../overload/caller-rates.ts';
import { callerOf, type ApiHandler } from './locals.ts';
import type { Operation } from './operation.ts';
import { Problem } from './problem.ts';

/** How many points a caller of each role may spend at this process in a second; 0 for no limit. */
export type RateLimits = Readonly<Record<Actor, number>>;

/** The rates of a role. */
interface RoleRates {
  readonly all: CallerRates;
  /** For requests that find the first rate used up, and may have been carried out before. */
  readonly repeats: CallerRates;
}

/**
 * Lets a caller pass as often as its role may. It counts in this process: behind a balancer, a caller may ask each process
 * that much. This bounds the load that one caller puts on a process, and needs no store that all wait for.
 *
 * A caller that has used up its rate may still repeat requests that were carried out, at the same rate: a caller that lost an
 * answer must get it. The command finds out whether a request is such a repeat, and throws the refusal if it is not.
 */
export function rateLimit(limits: RateLimits): (operation: Operation) => ApiHandler {
  const rates = new Map<string, RoleRates>();
  for (const [role, perSecond] of Object.entries(limits)) {
    if (perSecond === 0) continue;
    rates.set(role, { all: new CallerRates({ perSecond }), repeats: new CallerRates({ perSecond }) });
  }
  return (operation) => (request, response, next) => {
    const { role, subject } = callerOf(response);
    const ofRole = rates.get(role);
    if (ofRole === undefined) {
      next();
      return;
    }
    let spent = ofRole.all;
    const waitMs = spent.spend(subject);
    if (waitMs !== undefined) {
      const refusal = tooMany(spent, waitMs);
      if (!mayRepeat(operation, request.headers['idempotency-key'])) throw refusal;
      spent = ofRole.repeats;
      if (spent.spend(subject) !== undefined) throw refusal;
      response.locals.refusal = refusal;
    }
    response.locals.charge = (points) => {
      const wait = points === 0 ? undefined : spent.spendMore(subject, points);
      if (wait !== undefined) throw tooMany(spent, wait);
    };
    next();
  };
}

function mayRepeat({ headers = [], repeatsByPath }: Operation, key: unknown): boolean {
  return repeatsByPath === true || (key !== undefined && headers.includes('Idempotency-Key'));
}

function tooMany({ perSecond }: CallerRates, waitMs: number): Problem {
  const detail = `More than ${perSecond} requests in a second, of which one for many orders counts as many. Nothing more was done.`;
  return new Problem('too-many-requests', detail, {
    headers: { 'Retry-After': `${Math.max(1, Math.ceil(waitMs / 1_000))}` },
  });
}
