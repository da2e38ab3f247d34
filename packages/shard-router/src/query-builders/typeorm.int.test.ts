import { DataSource, type EntityManager, EntitySchema } from 'typeorm';
import { describeBuilder, type Note } from './builder.contract.ts';

const Notes = new EntitySchema<{ number: string; bucket: number; body: string }>({
  name: 'notes',
  columns: {
    number: { type: 'bigint', primary: true },
    bucket: { type: 'int' },
    body: { type: 'varchar', length: 255 },
  },
});

function queries(manager: EntityManager) {
  return {
    insert: ({ number, bucket, body }: Note) =>
      manager.insert(Notes, { number: number.toString(), bucket, body }),
    find: async (number: bigint) => {
      const row = await manager.findOneBy(Notes, { number: number.toString() });
      return row?.body;
    },
  };
}

describeBuilder('TypeORM', async (router) => {
  const source = new DataSource({
    type: 'mysql',
    database: 'ordershard', // Else it asks the server at the start.
    driver: { createPool: () => router.pool },
    entities: [Notes],
  });
  // It asks for the server's version when it starts, which needs a shard.
  await router.withShard(router.allShards()[0]!, () => source.initialize());
  return {
    ...queries(source.manager),
    transaction: (fn) =>
      source.transaction((manager) =>
        fn({
          ...queries(manager),
          nested: (part) => manager.transaction((inner) => part(queries(inner))),
        }),
      ),
    stream: async function* stream() {
      const rows = await source.createQueryBuilder(Notes, 'n').select('n.body', 'body').stream();
      for await (const row of rows) yield (row as { body: string }).body;
    },
    end: () => Promise.resolve(), // `destroy` ends the pool, which is the router's.
  };
});
