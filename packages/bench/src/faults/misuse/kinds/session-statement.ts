import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const STATEMENTS = [
  'SET SESSION TRANSACTION READ WRITE',
  'SET TRANSACTION READ WRITE',
  'SET transaction_read_only = 0',
  'SET @@session.transaction_read_only = 0',
  'SET autocommit = 0',
  'SET completion_type = 1',
  "SET SESSION sql_mode = ''",
  'SET NAMES latin1',
  "SET time_zone = '+05:00'",
  'SET @ordershard_bucket = -1',
  '/* c */ SET SESSION TRANSACTION READ WRITE',
  'SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'SET foreign_key_checks = 0',
  'SET sql_safe_updates = 1',
  'SET SESSION innodb_lock_wait_timeout = 1',
  'USE information_schema',
  'CREATE TEMPORARY TABLE uses (number BIGINT, id VARCHAR(64), bucket INT, body TEXT)',
  "SELECT GET_LOCK('a use', 0)",
  'LOCK TABLES uses READ',
  'HANDLER bystanders OPEN',
  'START TRANSACTION READ ONLY',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
  "PREPARE p FROM 'SELECT 1'",
  'SET SESSION sql_log_bin = 0',
  'SET SESSION max_execution_time = 1',
  'SET ROLE NONE',
  'BEGIN',
] as const;

const STATE = `SELECT @@session.transaction_read_only AS ro, @@session.autocommit AS ac, @@session.completion_type AS ct,
  @@session.sql_mode AS mode, @@session.character_set_client AS cs, @@session.time_zone AS tz,
  @@session.transaction_isolation AS iso, @@session.foreign_key_checks AS fk, @@session.sql_safe_updates AS safe,
  @@session.innodb_lock_wait_timeout AS wait, DATABASE() AS db, IS_USED_LOCK('a use') <=> CONNECTION_ID() AS locked`;

/** A statement that changes its session, whose connection goes on to the next caller. */
export const sessionStatement: WrongUse = {
  name: 'a statement that changes its session',
  happen: async (stage) => {
    const { random } = stage;
    const statement = random.pick(STATEMENTS);
    const guest = await stage.guest({ poolSize: 1 });
    const number = stage.number();
    const stateOf = async () => {
      const [rows] = await guest.withKey(number, () => guest.pool.promise().query(STATE));
      return JSON.stringify(rows);
    };
    const before = await stateOf();
    const onConnection = random.chance(0.5);
    const answer = await stage.watch(() =>
      guest.withKey(number, async () => {
        if (!onConnection) return guest.pool.promise().query(statement);
        const connection = await connectionOf(guest);
        try {
          return await connection.query(statement);
        } finally {
          connection.release();
        }
      }),
    );
    const after = await stateOf().catch((error: Error) => error.message);
    if (after !== before)
      stage.violation(
        `${statement}: ${told(answer)}, and the next caller had ${after} in place of ${before}`,
      );
    const [lone, fenced] = [stage.row(number), stage.row(number)];
    const outside = await stage.attempt([lone], () =>
      guest.withKey(number, () => guest.pool.promise().query(insertOf(lone).sql, insertOf(lone).values)),
    );
    if (outside.outcome === 'acknowledged')
      stage.violation(`${statement}: the next caller wrote outside of a transaction`);
    const inside = await stage.attempt([fenced], () =>
      guest.transaction({ number }, (tx) => tx.execute(insertOf(fenced).sql, insertOf(fenced).values)),
    );
    if (inside.outcome !== 'acknowledged')
      stage.violation(`${statement}: the next transaction: ${told(inside)}`);
    return `${statement}: ${told(answer)}, ${told(outside)}`;
  },
};
