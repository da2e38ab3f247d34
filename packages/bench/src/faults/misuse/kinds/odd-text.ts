import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const TEXTS = [
  '😀👩‍👩‍👧‍👦 떡볶이 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '\ud83d half an emoji',
  'half \ude00',
  "it''s \\' end\\",
  "' OR 1 = 1; COMMIT; -- ",
  '\0 \x1a \b \n \r \t',
  '?',
  ':name',
  '${x}',
  '%_',
  '\u2028\u2029\ufeff',
  'e\u0301 beside é',
] as const;

/** Texts that careless quoting changes, by every way in. What has no text in the database is refused. */
export const oddText: WrongUse = {
  name: 'an odd text',
  happen: async (stage) => {
    const { router, random } = stage;
    const body = random.pick(TEXTS);
    const number = stage.number();
    const rows = Array.from({ length: 4 }, () => stage.row(number, body));
    const [merged, prepared, queried, inside] = rows.map(insertOf);
    const answers = [
      await stage.attempt([rows[0]!], () => router.write({ number }, () => ({ statements: [merged!] }))),
      await stage.attempt([rows[1]!], () =>
        router.transaction({ number }, (tx) => tx.execute(prepared!.sql, prepared!.values)),
      ),
      await stage.attempt([rows[2]!], () =>
        router.transaction({ number }, () => router.pool.promise().query(queried!.sql, queried!.values)),
      ),
      await stage.attempt([rows[3]!], () =>
        router.transaction({ number }, () => router.write({ number }, () => ({ statements: [inside!] }))),
      ),
    ];
    return `${JSON.stringify(body)}: ${answers.map(told).join(', ')}`;
  },
};
