/** The options of mongod that every way shares: a member of a replica set with a small cache. */
export const MONGOD_OPTIONS =
  '--replSet rs0 --oplogSize 256 --wiredTigerCacheSizeGB 0.5 --nounixsocket'.split(' ');

/** The URL of the set that listens on these ports, one each member. */
export function mongoUrl(...ports: readonly number[]): string {
  return `mongodb://${ports.map(mongoHost).join(',')}/ordershard?replicaSet=rs0`;
}

/** The address of a member, by which callers and the other members reach it. */
export const mongoHost = (port: number) => `127.0.0.1:${port}`;

/** The id of a member in its stack. */
export const memberId = (member: number) => (member === 0 ? 'mongodb' : `mongodb-${member}`);
