import { Router, type RequestHandler } from 'express';
import compression from 'compression';
import { readJson } from './body.ts';
import type { ApiHandler } from './locals.ts';
import type { Operation, ServedOperation } from './operation.ts';
import { Problem } from './problem.ts';

/** Answers below this are not worth compressing. Bytes. */
const COMPRESSED_FROM = 2_048;

/** The stages that a request passes before its operation. */
export interface Stages {
  readonly first: (operation: Operation) => readonly ApiHandler[];
  /** For operations that take a token: who calls, and whether they may go on calling. */
  readonly admit: (operation: Operation) => readonly ApiHandler[];
}

/** A router of operations. Every other method of their paths gets 405. */
export function mount(operations: readonly ServedOperation[], { first, admit }: Stages): Router {
  const router = Router();
  const compress = compression({ threshold: COMPRESSED_FROM }) as RequestHandler;
  for (const [path, ofPath] of Map.groupBy(operations, ({ operation }) => operation.path)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const { operation, handle } of ofPath) {
      const stages = [
        ...first(operation),
        ...(operation.compressed === true ? [compress] : []),
        ...(operation.roles === undefined ? [] : admit(operation)),
        ...(operation.body === undefined ? [] : [readJson]),
        handle,
      ] as ApiHandler[];
      route[operation.method.toLowerCase() as 'get' | 'post' | 'put'](...stages);
    }
    const methods = ofPath.map(({ operation }) => operation.method);
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
    route.all(() => {
      throw new Problem('method-not-allowed', `This path answers to ${allowed}.`, {
        headers: { Allow: allowed },
      });
    });
  }
  return router;
}
