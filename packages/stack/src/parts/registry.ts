import { connectPart } from './connect/part.ts';
import { kafkaPart } from './kafka/part.ts';
import { mongodbPart } from './mongodb/part.ts';
import { mysqlPart } from './mysql/part.ts';
import { replicasPart } from './mysql/replicas.ts';
import type { PartName } from './part-name.ts';
import type { Part } from './part.ts';
import { redisPart } from './redis/part.ts';

/** Every part by its name. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  mysql: mysqlPart,
  replicas: replicasPart,
  kafka: kafkaPart,
  mongodb: mongodbPart,
  redis: redisPart,
  connect: connectPart,
};

/** Returns the named parts and the parts that they need, each once and after the parts that it needs. */
export function withNeeded(names: readonly PartName[]): PartName[] {
  const ordered = new Set<PartName>();
  const add = (name: PartName): void => {
    PARTS[name].after.forEach(add);
    ordered.add(name);
  };
  names.forEach(add);
  return [...ordered];
}
