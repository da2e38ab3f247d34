import type { z } from 'zod';
import { invalid, type FieldError } from './problem.ts';

/**
 * Reads a part of the request by its schema. Throws the problem that names every field that is wrong; `root` is what
 * the part itself is called.
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown, root: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => fieldErrors(issue, root)));
}

function fieldErrors(issue: z.core.$ZodIssue, root: string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key], root), message: 'is not known' }));
  }
  return [{ field: fieldOf(issue.path, root), message: issue.message }];
}

/** The path of a field as JavaScript would write it, such as `items[0].quantity`. */
function fieldOf(path: readonly PropertyKey[], root: string): string {
  const field = path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
  return field === '' ? root : field;
}
