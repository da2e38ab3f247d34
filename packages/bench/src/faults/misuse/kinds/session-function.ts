import { sql } from '@ordershard/shard-router';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

let families = 0;

/** Units that read what the session knows of the statement before, which other units are merged into. */
export const sessionFunction: WrongUse = {
  name: 'LAST_INSERT_ID in units',
  happen: async (stage) => {
    const { router, truth } = stage;
    const number = stage.number();
    const shard = router.shardOf(number);
    const names = Array.from({ length: 4 }, () => `family ${(families += 1)}`);
    const answers = await Promise.all(
      names.map((who) =>
        stage.watch(() =>
          router.write({ number: stage.number({ on: shard }), fresh: true }, () => ({
            statements: [
              sql`INSERT INTO parents (who) VALUES (${who})`,
              sql`INSERT INTO children (parent, who) VALUES (LAST_INSERT_ID(), ${who})`,
            ],
          })),
        ),
      ),
    );
    for (const [at, who] of names.entries()) {
      const rows = await truth.rows<{ parent: string | null }>(
        shard,
        'SELECT p.who AS parent FROM children c LEFT JOIN parents p ON p.id = c.parent WHERE c.who = ?',
        [who],
      );
      const done = answers[at]!.outcome === 'acknowledged';
      if (rows.length !== (done ? 1 : 0))
        stage.violation(`${rows.length} children, and ${told(answers[at]!)}`);
      for (const { parent } of rows)
        if (parent !== who) stage.violation(`a child of ${who} was given to ${parent}`);
    }
    return told(answers[0]!);
  },
};
