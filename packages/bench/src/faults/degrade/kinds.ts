import { type Manner, PARTIES, type PartyName } from '@ordershard/third-parties';
import type { Fault } from './fault.ts';
import { CALM, type RoleName, ROLES, type ServerName } from './scene.ts';

/** A third party behaves so for a while; the count of what it did to its callers has to rise. */
function manner(
  party: PartyName,
  how: string,
  change: Partial<Manner>,
  counted: 'cut' | 'late' | 'lies',
): Fault {
  return {
    name: `${party} ${how}`,
    victim: party,
    felt: false,
    begin: async ({ fake }) => {
      const before = (await fake.counts())[party][counted];
      await fake.set(party, change);
      return async () => {
        const times = (await fake.counts())[party][counted] - before;
        return times > 0 ? `${times} calls: ${counted}` : undefined;
      };
    },
    end: async ({ fake }) => fake.set(party, CALM),
  };
}

/** How slow a third party is, milliseconds. */
const SLOW_MS = 10_000;

/** A server is killed, and started again at the end. */
function server(name: ServerName, what: string, felt: boolean): Fault {
  return {
    name: `${what} down`,
    victim: name,
    felt,
    begin: async (scene) => {
      const handle = scene.server(name);
      const { pid } = handle;
      await handle.kill('SIGKILL');
      return async () =>
        pid !== undefined && handle.pid === undefined ? `process ${pid} is gone` : undefined;
    },
    end: async (scene) => scene.server(name).restart(),
  };
}

/** A process is killed, and started again at the end. */
function killed(role: RoleName, felt: boolean): Fault {
  return {
    name: `${role} killed`,
    victim: role,
    felt,
    begin: async (scene) => {
      const { pid } = scene.process(role);
      await scene.process(role).kill('SIGKILL');
      return async () =>
        (await scene.readiness(role)) === undefined ? `process ${pid} does not answer` : undefined;
    },
    end: async (scene) => scene.start(role),
  };
}

/** Every part, down by itself. */
export const SINGLE: readonly Fault[] = [
  ...PARTIES.flatMap((party) => [
    manner(party, 'down', { down: true }, 'cut'),
    manner(party, 'slow', { delayMs: [SLOW_MS, SLOW_MS] }, 'late'),
    manner(party, 'lying', { lies: 1 }, 'lies'),
  ]),
  server('mysql-1', 'one shard', true),
  server('kafka', 'Kafka', false),
  server('mongodb', 'MongoDB', false),
  // A caller of the instance that is killed asks the other one.
  ...(Object.keys(ROLES) as RoleName[])
    .filter((role) => role !== 'api-1')
    .map((role) => killed(role, role === 'api-0')),
];

/** A server is killed, and all processes but one instance of the API are started anew while it is away. */
function startedWithout(name: ServerName, what: string): Fault {
  const roles = (Object.keys(ROLES) as RoleName[]).filter((role) => role !== 'api-1');
  return {
    name: `all started without ${what}`,
    victim: `${name} ${roles.join(' ')}`,
    // Callers of the instance that is killed ask the other one.
    felt: true,
    begin: async (scene) => {
      const handle = scene.server(name);
      await handle.kill('SIGKILL');
      await Promise.all(roles.map((role) => scene.process(role).kill('SIGKILL')));
      await Promise.all(roles.map((role) => scene.start(role)));
      return async () =>
        handle.pid === undefined ? `${roles.length} processes were started without it` : undefined;
    },
    end: async (scene) => scene.server(name).restart(),
  };
}

/** What processes have to find that was not there when they were started. */
export const LATE: readonly Fault[] = [
  startedWithout('mysql-1', 'one shard'),
  startedWithout('kafka', 'Kafka'),
  startedWithout('mongodb', 'MongoDB'),
];

/** Two parts that are down at the same time. */
export function both(one: Fault, other: Fault): Fault {
  return {
    name: `${one.name}, ${other.name}`,
    victim: `${one.victim} ${other.victim}`,
    felt: one.felt || other.felt,
    begin: async (scene) => {
      const proofs = [await one.begin(scene), await other.begin(scene)];
      return async () => {
        const evidence = await Promise.all(proofs.map((proof) => proof()));
        return evidence.includes(undefined) ? undefined : evidence.join('; ');
      };
    },
    end: async (scene) => {
      await Promise.all([one.end(scene), other.end(scene)]);
    },
  };
}
