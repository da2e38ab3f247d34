import { UnknownVersionError } from '../errors.ts';

/** Turns data of one version into that of the next. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/**
 * Brings data up to the newest version, step by step. `chain` holds the step from version 1 to 2, then that from 2 to 3, and
 * so on; the newest version is one more than there are steps.
 *
 * @throws UnknownVersionError for a newer version, or a number that is no version
 */
export function upcast(
  chain: readonly Upcaster[],
  data: Readonly<Record<string, unknown>>,
  version: number,
): Readonly<Record<string, unknown>> {
  const newest = chain.length + 1;
  if (!Number.isSafeInteger(version) || version < 1 || version > newest)
    throw new UnknownVersionError(
      `the data is of schema version ${version}, this release knows 1 to ${newest}`,
    );
  return chain.slice(version - 1).reduce((older, step) => step(older), data);
}
