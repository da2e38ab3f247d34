import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { type Greedy, neighbours } from './neighbours.ts';

const ROUNDS = 7;
const ROUND_MS = 5_000;
const GREEDY: readonly Greedy[] = ['member', 'operator'];

/**
 * What a member feels of another caller's 10 bulk changes of 500 lines a second: of a member, whose rate lets in 100 lines a
 * second, and of an operator, whose rate is not limited. `only` takes those of one role.
 */
export async function run({ rounds = ROUNDS, only, mysql, progress }: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql', 'kafka', 'mongodb'],
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const namespace = await createNamespace(stack, 'bench');
    const greedy = GREEDY.filter((role) => only?.includes(role) ?? true);
    const felt = await neighbours({ namespace, greedy, rounds, roundMs: ROUND_MS, progress });
    const ms = (value: number) => value.toFixed(1);
    const table = textTable(
      [
        'bulk changes of',
        'p50 calm',
        'beside',
        'p99 calm',
        'beside',
        'p99 ratio',
        'lines done',
        'bulk refused',
      ],
      Object.entries(felt).map(([role, { calm, beside, ratio, bulk }]) => [
        role === 'member' ? 'a member' : 'an operator',
        ms(calm.p50),
        ms(beside.p50),
        ms(calm.p99),
        ms(beside.p99),
        ratio.p99.toFixed(2),
        `${bulk.linesDone}`,
        `${bulk.refused} of ${bulk.requests}`,
      ]),
    );
    return { table, json: rounded({ rounds, roundMs: ROUND_MS, ...felt }) };
  } finally {
    await stack.stop();
  }
}
