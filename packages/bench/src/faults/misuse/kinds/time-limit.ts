import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const LIMITS = [Infinity, Number.MAX_SAFE_INTEGER, 2 ** 31, Number.NaN, -1, '50', null, 1e300] as const;

/** Time limits that a timer does not take, of a call and of a router. */
export const timeLimit: WrongUse = {
  name: 'a time limit that is none',
  happen: async (stage) => {
    const { router, random } = stage;
    const timeoutMs = random.pick(LIMITS) as number;
    const rows = [stage.row(), stage.row()];
    const [merged, prepared] = rows.map(insertOf);
    const sane = typeof timeoutMs === 'number' && timeoutMs > 0;
    const answers = [
      await stage.attempt([rows[0]!], () =>
        router.write({ number: rows[0]!.number }, () => ({ statements: [merged!] }), { timeoutMs }),
      ),
      await stage.attempt([rows[1]!], () =>
        router.transaction({ number: rows[1]!.number }, (tx) => tx.execute(prepared!.sql, prepared!.values), {
          timeoutMs,
        }),
      ),
      await stage.watch(async () => {
        const field = random.pick(['statementTimeoutMs', 'queueTimeoutMs', 'connectTimeoutMs'] as const);
        const guest = await stage.guest({ poolSize: 1, limits: { [field]: timeoutMs } });
        const number = stage.number();
        const read = () => guest.withKey(number, () => guest.pool.promise().query('SELECT SLEEP(0.03)'));
        await Promise.all([read(), read()]);
      }),
    ];
    // What is longer than any call takes is not 1 ms: it may be refused for what it is, and not as a deadline that passed.
    for (const answer of answers)
      if (sane && ['ROUTER_DEADLINE_EXCEEDED', 'ROUTER_SHARD_UNAVAILABLE'].includes(told(answer)))
        stage.violation(`a limit of ${String(timeoutMs)} ms had passed at once: ${told(answer)}`);
    return `${String(timeoutMs)}: ${answers.map(told).join(', ')}`;
  },
};
