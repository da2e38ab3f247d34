import type { Router } from 'express';
import type { ApiHandler } from './locals.ts';
import { Problem } from './problem.ts';

/** What a path answers to. GET answers HEAD too. */
export interface Methods<Params> {
  readonly GET?: ApiHandler<Params>;
  readonly POST?: readonly [ApiHandler<Params>, ApiHandler<Params>];
  readonly PUT?: readonly [ApiHandler<Params>, ApiHandler<Params>];
}

/** Adds a path with its methods to a router. Every other method gets 405. */
export function endpoint<Params>(router: Router, path: string, methods: Methods<Params>): void {
  const route = router.route(path);
  if (methods.GET !== undefined) route.get(methods.GET as ApiHandler);
  if (methods.POST !== undefined) route.post(...(methods.POST as readonly ApiHandler[]));
  if (methods.PUT !== undefined) route.put(...(methods.PUT as readonly ApiHandler[]));
  const allowed = [...Object.keys(methods), ...(methods.GET === undefined ? [] : ['HEAD'])].join(', ');
  route.all(() => {
    throw new Problem('method-not-allowed', `This path answers to ${allowed}.`, {
      headers: { Allow: allowed },
    });
  });
}
