import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { MovePlanInvalidError } from '../move/errors.ts';
import type { MovePlan } from '../move/move-plan.ts';

const shard = z.int().min(0).max(1_023);

const planShape = z.strictObject({
  id: z.uuid(),
  mapVersion: z.int().min(1),
  moves: z.array(
    z.strictObject({
      kind: z.enum(['numbers', 'keys']),
      bucket: z.int().min(0).max(32_767),
      from: shard,
      to: shard,
      cells: z.array(z.string().regex(/^\d{1,19}$/)).optional(),
    }),
  ),
});

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
