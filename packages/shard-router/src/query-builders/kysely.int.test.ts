import { Kysely, MysqlDialect, type Transaction } from 'kysely';
import { describeBuilder, type Note, type NoteTransaction } from './builder.contract.ts';

interface Database {
  notes: { number: bigint; bucket: number; body: string };
}

function queries(db: Kysely<Database>) {
  return {
    insert: (note: Note) => db.insertInto('notes').values(note).execute(),
    find: async (number: bigint) => {
      const row = await db.selectFrom('notes').select('body').where('number', '=', number).executeTakeFirst();
      return row?.body;
    },
  };
}

/** Kysely's transactions do not nest; its controlled ones have savepoints. */
function inTransaction(tx: Transaction<Database>): NoteTransaction {
  return { ...queries(tx), nested: undefined };
}

describeBuilder('Kysely, its own dialect unchanged', (router) => {
  const db = new Kysely<Database>({ dialect: new MysqlDialect({ pool: router.pool }) });
  return {
    ...queries(db),
    transaction: (fn) => db.transaction().execute((tx) => fn(inTransaction(tx))),
    stream: async function* stream() {
      for await (const { body } of db.selectFrom('notes').select('body').stream()) yield body;
    },
    end: () => Promise.resolve(), // `destroy` ends the pool, which is the router's.
  };
});

describeBuilder('Kysely with controlled transactions', (router) => {
  const db = new Kysely<Database>({ dialect: new MysqlDialect({ pool: router.pool }) });
  return {
    ...queries(db),
    transaction: async (fn) => {
      const tx = await db.startTransaction().execute();
      const nested: NoteTransaction['nested'] = async (part) => {
        const at = await tx.savepoint('part').execute();
        try {
          const value = await part(queries(at));
          await at.releaseSavepoint('part').execute();
          return value;
        } catch (error) {
          await at.rollbackToSavepoint('part').execute();
          throw error;
        }
      };
      try {
        const value = await fn({ ...queries(tx), nested });
        await tx.commit().execute();
        return value;
      } catch (error) {
        await tx.rollback().execute();
        throw error;
      }
    },
    stream: undefined,
    end: () => Promise.resolve(),
  };
});
