import { eq } from 'drizzle-orm';
import { bigint, int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { describeBuilder, type Note } from './builder.contract.ts';

const notes = mysqlTable('notes', {
  number: bigint({ mode: 'bigint' }).primaryKey(),
  bucket: int().notNull(),
  body: varchar({ length: 255 }).notNull(),
});

type Queries = Pick<MySql2Database, 'insert' | 'select'>;

function queries(db: Queries) {
  return {
    insert: async (note: Note) => db.insert(notes).values(note),
    find: async (number: bigint) => {
      const [row] = await db.select().from(notes).where(eq(notes.number, number));
      return row?.body;
    },
  };
}

describeBuilder('Drizzle', (router) => {
  const db = drizzle({ client: router.pool });
  return {
    ...queries(db),
    transaction: (fn) =>
      db.transaction((tx) =>
        fn({ ...queries(tx), nested: (part) => tx.transaction((inner) => part(queries(inner))) }),
      ),
    stream: async function* stream() {
      for await (const { body } of db.select({ body: notes.body }).from(notes).iterator()) yield body;
    },
    end: () => Promise.resolve(),
  };
});
