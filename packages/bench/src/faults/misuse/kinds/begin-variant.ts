import { connectionOf } from '../driver.ts';
import { whileElsewhere } from '../fences.ts';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const BEGINS = [
  'START TRANSACTION READ WRITE, WITH CONSISTENT SNAPSHOT',
  '/* app */ START TRANSACTION READ WRITE',
  'START TRANSACTION /* app */ READ WRITE',
  "BEGIN /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
  'START TRANSACTION /*! READ WRITE */',
  '-- c\nSTART TRANSACTION READ WRITE',
  'START  TRANSACTION\tREAD\nWRITE',
  'BEGIN WORK',
  '# c\nBEGIN',
  '/*!START TRANSACTION READ WRITE*/',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT',
  "XA START 'use'",
  'SET autocommit = 0',
  'start transaction;',
  'SET TRANSACTION READ WRITE',
] as const;

/** Other ways to say that a transaction begins, on a shard that has given the bucket away. */
export const beginVariant: WrongUse = {
  name: 'another way to begin',
  setsFences: true,
  happen: async (stage) => {
    const { truth, random } = stage;
    const begin = random.pick(BEGINS);
    const guest = await stage.guest({ poolSize: 1, mapPollMs: 60_000 });
    const number = stage.number({ byHand: true });
    const row = stage.row(number);
    const fenced = { number, bucket: row.bucket, shard: guest.shardOf(number) };
    const to = random.pick(guest.allShards().filter((shard) => shard !== fenced.shard));
    // A transaction of somebody else that was rolled back has left its variables on the session.
    await guest
      .transaction({ number }, () => Promise.reject(new OwnError('rolled back')))
      .catch(() => undefined);
    let answer = '';
    await whileElsewhere(truth, fenced, to, async () => {
      const watched = await stage.watch(() =>
        guest.withKey(number, async () => {
          const connection = await connectionOf(guest);
          try {
            await connection.query(begin);
            await connection.query(insertOf(row).sql, insertOf(row).values);
            await connection.query('COMMIT');
          } finally {
            connection.release();
          }
        }),
      );
      answer = told(watched);
      const found = (await truth.usesOf(number)).filter(({ id }) => id === row.id);
      for (const { shard } of found)
        if (shard !== to) stage.violation(`${begin}: written on shard ${shard}, owned by ${to}`);
      if ((watched.outcome === 'acknowledged') !== found.length > 0)
        stage.violation(`${begin}: ${answer}, and ${found.length} rows are there`);
      stage.claim([row], found.length > 0 ? 'acknowledged' : 'refused');
    });
    return `${begin}: ${answer}`;
  },
};
