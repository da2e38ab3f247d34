import { chainOf } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Lengths of a body: of a usual text, near what a batch takes, and above what a server or a column takes. */
const LENGTHS = [100_000, 900_000, 1_048_576, 4_000_000, 15_000_000, 17_000_000] as const;

/** A unit that is as long as all others together, or longer than the server takes; others are written beside it. */
export const hugeUnit: WrongUse = {
  name: 'a huge unit',
  happen: async (stage) => {
    const { router, random } = stage;
    const length = random.pick(LENGTHS);
    const number = stage.number();
    const shard = router.shardOf(number);
    const huge = stage.row(number, 'x'.repeat(length));
    const beside = Array.from({ length: 4 }, () => stage.row(stage.number({ on: shard })));
    const [answer, ...others] = await Promise.all(
      [huge, ...beside].map((row) =>
        stage.attempt([row], () =>
          router.write({ number: row.number }, () => ({ statements: [insertOf(row)] })),
        ),
      ),
    );
    for (const other of others)
      if (other.outcome !== 'acknowledged')
        stage.violation(`a unit beside one of ${length} characters: ${chainOf(other.error)}`);
    return `${length} characters: ${told(answer!)}`;
  },
};
