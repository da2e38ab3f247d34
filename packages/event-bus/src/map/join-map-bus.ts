import { hostname } from 'node:os';
import { z } from 'zod';
import type { BusLog } from '../event-bus.ts';
import type { RemoteEvent } from '../events/remote-event.ts';
import { type BusMember, joinEventBus } from '../join-event-bus.ts';
import { busMapNotifier, shardMapChanged } from './map-notifier.ts';

const name = /^[A-Za-z0-9._-]{1,100}$/;

/** The settings by which a process joins the bus, as a zod shape. Without brokers, the process does not join. */
export const busSettings = {
  ORDERSHARD_KAFKA_BROKERS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.length > 0, 'is empty')
    .optional(),
  ORDERSHARD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,150}$/, 'must be letters, digits, dots, dashes or underscores')
    .default(''),
  ORDERSHARD_TOPIC_REPLICATION: z.coerce.number().int().min(1).max(100).default(1),
  ORDERSHARD_INSTANCE_ID: z
    .string()
    .regex(name, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional(),
};

export type BusSettings = z.infer<z.ZodObject<typeof busSettings>>;

/** A process's place on the bus, for news of shard maps. */
export interface MapBus {
  /** Why the bus cannot be read at the moment; undefined when it can. */
  readonly problem: string | undefined;
  /** For the router. */
  readonly notifier: ReturnType<typeof busMapNotifier>;
  /** The place itself, for other events. */
  readonly member: BusMember;
  close(): Promise<void>;
}

/**
 * Joins the bus of a cluster in the background, if brokers are set. Otherwise returns undefined.
 *
 * @param server the group of instances that this one belongs to
 * @param events further types that it receives
 */
export function joinMapBus(
  server: string,
  clusterId: string,
  settings: BusSettings,
  log: BusLog,
  events: readonly RemoteEvent<unknown>[] = [],
): MapBus | undefined {
  const brokers = settings.ORDERSHARD_KAFKA_BROKERS;
  if (brokers === undefined) return undefined;
  const member = joinEventBus({
    brokers,
    topic: busTopic(settings.ORDERSHARD_TOPIC_PREFIX),
    replication: settings.ORDERSHARD_TOPIC_REPLICATION,
    server,
    id: settings.ORDERSHARD_INSTANCE_ID ?? `${hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-')}-${process.pid}`,
    events: [shardMapChanged, ...events],
    log,
  });
  return {
    get problem() {
      return member.problem;
    },
    notifier: busMapNotifier(member, clusterId),
    member,
    close: () => member.close(),
  };
}

/** The topic of the bus under a prefix. */
export function busTopic(prefix: string): string {
  return `${prefix}bus`;
}
