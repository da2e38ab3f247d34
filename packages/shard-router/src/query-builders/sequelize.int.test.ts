import { DataTypes, Sequelize, type Transaction, UniqueConstraintError } from 'sequelize';
import type { Pool, PoolConnection } from 'mysql2';
import { describeBuilder, type Note } from './builder.contract.ts';

/** What of Sequelize hands out connections; it has no option for a pool of one's own. */
interface ConnectionManager {
  getConnection(): Promise<PoolConnection>;
  releaseConnection(connection: PoolConnection): void;
  destroyConnection(connection: PoolConnection): void;
}

/** Has Sequelize take its connections from the routing pool. */
function sequelizeOver(pool: Pool): Sequelize {
  const sequelize = new Sequelize({ dialect: 'mysql', logging: false });
  const { connectionManager: manager, options } = sequelize as unknown as {
    connectionManager: ConnectionManager;
    options: { databaseVersion?: string };
  };
  manager.getConnection = () =>
    new Promise((resolve, reject) => {
      pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
    });
  // Else it asks a server for it, on a connection of its own.
  options.databaseVersion = '8.0.0';
  manager.releaseConnection = (connection) => connection.release();
  manager.destroyConnection = (connection) => connection.destroy();
  return sequelize;
}

describeBuilder('Sequelize, its connections taken from the pool', (router) => {
  const sequelize = sequelizeOver(router.pool);
  const notes = sequelize.define(
    'notes',
    {
      number: { type: DataTypes.BIGINT, primaryKey: true },
      bucket: DataTypes.INTEGER,
      body: DataTypes.STRING,
    },
    { timestamps: false },
  );
  const queries = (transaction: Transaction | null) => ({
    insert: ({ number, bucket, body }: Note) =>
      notes.create({ number: number.toString(), bucket, body }, { transaction }),
    find: async (number: bigint) => {
      const row = await notes.findByPk(number, { transaction });
      return row === null ? undefined : (row.get('body') as string);
    },
  });
  return {
    ...queries(null),
    transaction: (fn) =>
      sequelize.transaction((outer) =>
        fn({
          ...queries(outer),
          nested: (part) => sequelize.transaction({ transaction: outer }, (inner) => part(queries(inner))),
        }),
      ),
    isDuplicate: (error) => error instanceof UniqueConstraintError,
    stream: undefined,
    end: () => Promise.resolve(),
  };
});
