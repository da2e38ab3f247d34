import { RouterError } from '../errors.ts';

/** Where ORMs keep the error of the driver that theirs tells of: the standard's place, TypeORM's, Sequelize's. */
const CAUSES = ['cause', 'driverError', 'original', 'parent'] as const;

/** The router's error in what a query builder or ORM threw; undefined when there is none. */
export function routerErrorOf(thrown: unknown): RouterError | undefined {
  const seen = new Set<unknown>();
  const toLookAt: unknown[] = [thrown];
  while (toLookAt.length > 0) {
    const error = toLookAt.shift();
    if (error instanceof RouterError) return error;
    if (!(error instanceof Error) || seen.has(error)) continue;
    seen.add(error);
    for (const place of CAUSES) toLookAt.push((error as unknown as Record<string, unknown>)[place]);
  }
  return undefined;
}
