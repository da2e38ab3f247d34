import { z } from 'zod';
import { SettingsError } from './errors.ts';

/** A TCP port, 0 for any free one. */
export const port = z.coerce.number().int().min(0).max(65_535);

/** A list of texts separated by commas; at least one. */
export const commaList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.length > 0, 'is empty');

/** Settings that every process has. */
export const commonSettings = {
  ORDERSHARD_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .default('ordershard'),
  ORDERSHARD_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info'),
};

/** Returns what is wrong with settings, if an error says so: a SettingsError, or an error with the name of a `setting`. */
export function settingsProblemsOf(error: unknown): SettingsError['problems'] | undefined {
  if (error instanceof SettingsError) return error.problems;
  if (!(error instanceof Error)) return undefined;
  const { setting } = error as { setting?: unknown };
  return typeof setting === 'string' ? [{ setting, message: error.message }] : undefined;
}

/** Reads several groups of settings, and reports all their problems at once. Throws {@link SettingsError}. */
export function readGroups<G extends Readonly<Record<string, () => unknown>>>(
  groups: G,
): { readonly [K in keyof G]: ReturnType<G[K]> } {
  const problems: { setting: string; message: string }[] = [];
  const read = Object.entries(groups).map(([name, group]) => {
    try {
      return [name, group()];
    } catch (error) {
      const found = settingsProblemsOf(error);
      if (found === undefined) throw error;
      problems.push(...found);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.fromEntries(read) as { readonly [K in keyof G]: ReturnType<G[K]> };
}

/**
 * Reads settings from environment variables by a zod shape whose keys are their names. An empty variable counts as
 * not set. Throws {@link SettingsError} with every problem at once.
 */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<S>> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map((issue) => {
      const setting = String(issue.path[0] ?? 'settings');
      return { setting, message: setting in given ? issue.message : 'is not set' };
    }),
  );
}
