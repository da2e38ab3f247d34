import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const VERBS = ['INSERT IGNORE', 'REPLACE', 'INSERT'] as const;

/** The same unit outside of a transaction and inside: it is judged by the same rules, and loses no row without a word. */
export const unitInside: WrongUse = {
  name: 'a unit inside a transaction',
  happen: async (stage) => {
    const { router, random } = stage;
    const verb = random.pick(VERBS);
    const number = stage.number();
    const row = stage.row(number, 'first');
    await stage.attempt([row], () =>
      router.write({ number, fresh: true }, () => ({ statements: [insertOf(row)] })),
    );
    const { sql, values } = insertOf({ ...row, body: 'second' });
    const again = () => ({ statements: [{ sql: sql.replace('INSERT', verb), values }] }) as const;
    const already = { sql: 'SELECT body FROM uses WHERE number = ? AND id = ?', values: [number, row.id] };
    const outside = await stage.watch(() => router.write({ number }, again));
    const inside = await stage.watch(() =>
      router.transaction({ number }, () => router.write({ number }, again)),
    );
    if (told(outside) !== told(inside))
      stage.violation(`${verb}: outside ${told(outside)}, inside ${told(inside)}`);
    if (outside.outcome === 'acknowledged') stage.violation(`${verb} of a row that is there was taken`);
    const known = await stage.watch(() => router.write({ number }, () => ({ ...again(), already })));
    const knownInside = await stage.watch(() =>
      router.transaction({ number }, () => router.write({ number }, () => ({ ...again(), already }))),
    );
    if (told(known) !== told(knownInside))
      stage.violation(`with \`already\`: outside ${told(known)}, inside ${told(knownInside)}`);
    return `${verb}: ${[outside, inside, known, knownInside].map(told).join(', ')}`;
  },
};
