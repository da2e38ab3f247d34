import type { Operation } from '../operation.ts';
import { PROBLEMS, type ProblemName } from '../problem.ts';

/** The problems that an operation can answer with, by rising status. */
export function problemsOf({
  roles,
  path,
  query,
  headers,
  body,
  problems = [],
}: Operation): readonly ProblemName[] {
  const hasInput =
    query !== undefined || (headers?.length ?? 0) > 0 || body !== undefined || path.includes('{');
  const names = new Set<ProblemName>([
    ...(hasInput ? (['invalid-request'] as const) : []),
    ...(body === undefined ? [] : (['malformed-body', 'body-too-large', 'unsupported-media-type'] as const)),
    ...(roles === undefined
      ? []
      : (['unauthenticated', 'forbidden', 'too-many-requests', 'unavailable'] as const)),
    ...problems,
    'internal',
  ]);
  return [...names].toSorted((a, b) => PROBLEMS[a].status - PROBLEMS[b].status);
}
