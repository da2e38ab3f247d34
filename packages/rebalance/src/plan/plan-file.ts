import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SettingsError } from '@ordershard/process';
import { z } from 'zod';
import { MovePlanInvalidError } from '../move/errors.ts';
import type { MovePlan } from '../move/move-plan.ts';

const shard = z.int().min(0).max(1_023);

/** What is said of a plan that is bound to no cluster and no map, as earlier releases kept them. */
const BOUND = 'it is missing: the plan is of an earlier release, make it anew with `plan --out`';

const planShape = z.strictObject({
  id: z.uuid(),
  cluster: z.string(BOUND),
  mapVersion: z.int().min(1),
  mapHash: z.string(BOUND).regex(/^[0-9a-f]{64}$/),
  moves: z.array(
    z.strictObject({
      kind: z.enum(['numbers', 'keys', 'texts']),
      bucket: z.int().min(0).max(32_767),
      from: shard,
      to: shard,
      cells: z.array(z.string().regex(/^\d{1,19}$/)).optional(),
    }),
  ),
});

/** Looks whether a plan can be kept at a place, before it is made. @throws SettingsError */
export async function checkPlace(file: string): Promise<void> {
  const path = resolve(file);
  const refuse = (why: string) => new SettingsError([{ setting: '--out', message: `${path}: ${why}` }]);
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw refuse(`there is no folder ${dirname(path)}`);
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) throw refuse('it is a folder');
  await access(dirname(path), constants.W_OK).catch(() => {
    throw refuse('its folder cannot be written');
  });
}

/** Writes a plan for {@link readPlan}. */
export async function writePlan(file: string, plan: MovePlan): Promise<void> {
  await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
}

/**
 * Reads a plan from a file: what `plan --out` has written, or the output of `plan --output json`.
 *
 * @throws MovePlanInvalidError naming the field that is wrong
 */
export async function readPlan(file: string): Promise<MovePlan> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new MovePlanInvalidError(`${file} cannot be read as a plan: ${(cause as Error).message}`, {
      cause,
    });
  }
  const result = planShape.safeParse((value as { plan?: unknown } | null)?.plan ?? value);
  if (result.success) return result.data as MovePlan;
  const [issue] = result.error.issues;
  throw new MovePlanInvalidError(`${file}: ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
}
