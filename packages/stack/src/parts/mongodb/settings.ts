/** The options of mongod that every way shares: a replica set of one with a small cache. */
export const MONGOD_OPTIONS =
  '--replSet rs0 --oplogSize 256 --wiredTigerCacheSizeGB 0.5 --nounixsocket'.split(' ');

export function mongoUrl(port: number): string {
  return `mongodb://127.0.0.1:${port}/ordershard?replicaSet=rs0`;
}
