import type { HealthKind, HealthWindow } from '../readiness/request-health.ts';
import type { ApiHandler } from './locals.ts';
import type { Operation } from './operation.ts';

export type HealthWindows = Readonly<Record<HealthKind, HealthWindow>>;

/** The stage that notes whether requests are carried out, or fail for no fault of their callers. */
export function noteHealth(windows: HealthWindows): (operation: Operation) => ApiHandler {
  return (operation) => {
    const kind = kindOf(operation);
    return (_request, response, next) => {
      if (kind !== undefined) {
        response.once('finish', () => {
          const { problem } = response.locals;
          if (response.statusCode < 400) windows[kind].done();
          else if (problem !== undefined && problem.status >= 500)
            windows[kind].failed(problem.part ?? problem.problem);
        });
      }
      next();
    };
  };
}

/** Bulk requests are answered by line, and refused when their caller has sent too many: they say nothing of the parts. */
function kindOf({ roles, tag, method, id }: Operation): HealthKind | undefined {
  if (roles === undefined || tag === 'shops' || id === 'changeOrders') return undefined;
  return method === 'GET' ? 'reads' : 'orders';
}
