import { pathToFileURL } from 'node:url';
import { busSettings } from '@ordershard/event-bus';
import { commonSettings, readGroups, readSettings, SettingsError } from '@ordershard/process';
import {
  type ShardConfig,
  type ShardSession,
  shardsFromEnv,
  type TableRegistration,
} from '@ordershard/shard-router';
import { z } from 'zod';
import { operatorPath } from './operator-path.ts';

/** What the application says about its tables. It is the module that `ORDERSHARD_REGISTRY` names. */
export interface ApplicationRegistry {
  readonly TABLES: readonly TableRegistration[];
  /** Folders of its migrations, which run after the router's. */
  readonly MIGRATIONS?: readonly string[];
  /**
   * Brings to a new shard what is the same on every shard, such as a catalogue; `from` is a session of a shard that has
   * it. Safe to run again. Returns what it brought, for the operator's eyes.
   */
  readonly seedShard?: (from: ShardSession, to: ShardSession) => Promise<string>;
}

/** The settings of the command line. */
export interface OperatorSettings {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  readonly application: ApplicationRegistry;
  /** Where new shard maps are announced to routers; undefined for nowhere. */
  readonly bus: { readonly brokers: readonly string[]; readonly topicPrefix: string } | undefined;
}

/** Reads the settings from the environment. Throws SettingsError naming each that is wrong. */
export async function readOperatorSettings(env: NodeJS.ProcessEnv): Promise<OperatorSettings> {
  const { source, settings } = readGroups({
    source: () => shardsFromEnv(withShardsFile(env)),
    settings: () =>
      readSettings(
        {
          ...commonSettings,
          ...busSettings,
          ORDERSHARD_REGISTRY: z.string().default('@ordershard/order-service/registry'),
        },
        env,
      ),
  });
  const brokers = settings.ORDERSHARD_KAFKA_BROKERS;
  return {
    bus: brokers === undefined ? undefined : { brokers, topicPrefix: settings.ORDERSHARD_TOPIC_PREFIX },
    clusterId: settings.ORDERSHARD_CLUSTER,
    shards: source.shards,
    application: await importRegistry(settings.ORDERSHARD_REGISTRY, env),
  };
}

/** The shards' file is named from where the operator is. */
function withShardsFile(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { ORDERSHARD_SHARDS_FILE: file = '' } = env;
  return file === '' ? env : { ...env, ORDERSHARD_SHARDS_FILE: operatorPath(file, env) };
}

/** What `import` takes: a package as it is, a path from where the operator is. */
function specifierOf(name: string, env: NodeJS.ProcessEnv): string {
  return /^\.{0,2}\//.test(name) ? pathToFileURL(operatorPath(name, env)).href : name;
}

async function importRegistry(name: string, env: NodeJS.ProcessEnv): Promise<ApplicationRegistry> {
  const refuse = (why: string, cause?: unknown) =>
    new SettingsError([
      {
        setting: 'ORDERSHARD_REGISTRY',
        message: `${name} ${why}${cause instanceof Error ? `: ${cause.message}` : ''}`,
      },
    ]);
  let module: Partial<ApplicationRegistry>;
  try {
    module = (await import(specifierOf(name, env))) as Partial<ApplicationRegistry>;
  } catch (error) {
    throw refuse('cannot be imported', error);
  }
  if (!Array.isArray(module.TABLES)) throw refuse('does not export TABLES, a list of table registrations');
  return module as ApplicationRegistry;
}
