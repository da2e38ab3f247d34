import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from '../../process/guardian-protocol.ts';
import type { ToolRunner } from '../../process/run-tool.ts';
import type { MysqlFlavour } from '../../versions.ts';
import type { InstallContext, NativeServer, Place } from '../part.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { initialiseOptions, initialiseSql, mysqldOptions, mysqlUrls, type MysqlRole } from './settings.ts';

/** A mysqld that can be run: the words that start it and what its libraries need. */
export interface MysqldInstall {
  readonly flavour: MysqlFlavour;
  readonly version: string;
  readonly command: string;
  /** The words before the options, `--no-defaults` and the paths of its own files included. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Fills an empty data folder. */
  initialise(run: ToolRunner, dataDir: string, options: readonly string[], sqlFile: string): Promise<void>;
}

/** One native server over an install. Its data folder is a copy of one that is made once and kept in the cache. */
export function nativeMysql(
  context: InstallContext,
  install: MysqldInstall,
  id: string,
  role: MysqlRole,
  serverId: number,
): NativeServer {
  return {
    id,
    version: install.version,
    portNames: ['main'],
    prepare: async (place) => prepareData(context, install, place),
    launch: (place): Launch => ({
      command: install.command,
      args: [
        ...install.args,
        ...mysqldOptions(install.flavour, role, serverId),
        ...runAs(),
        `--datadir=${place.dataDir}`,
        `--tmpdir=${join(place.dir, 'tmp')}`,
        '--bind-address=127.0.0.1',
        `--port=${place.ports['main']}`,
        // Relative to the data folder: the path of a socket must be short, that of a checkout need not be.
        '--socket=mysqld.sock',
        '--pid-file=mysqld.pid',
      ],
      cwd: place.dir,
      env: {
        ...install.env,
        ...context.clock,
        ...(context.timeZone === undefined ? {} : { TZ: context.timeZone }),
      },
      logFile: place.logFile,
      // The file names a pid, which may by now belong to another process, or to a zombie that nobody has reaped.
      staleFiles: [join(place.dataDir, 'mysqld.sock.lock')],
    }),
    describe: (place) => ({ ...mysqlUrls(place.ports['main'] ?? 0), identity: `${place.dataDir}/` }),
  };
}

/** mysqld refuses to run as root unless it is told so. */
export function runAs(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function prepareData(context: InstallContext, install: MysqldInstall, place: Place): Promise<void> {
  await mkdir(join(place.dir, 'tmp'), { recursive: true, mode: 0o700 });
  if (existsSync(place.dataDir)) return;
  const template = await ensureTemplate(context, install);
  const copy = `${place.dataDir}.new`;
  await rm(copy, { recursive: true, force: true });
  await cp(template, copy, { recursive: true, mode: 2 /* copy on write where the file system can */ });
  await rename(copy, place.dataDir);
}

/** Initialising takes mysqld two to three seconds, copying the result a fraction of one. */
async function ensureTemplate(context: InstallContext, install: MysqldInstall): Promise<string> {
  const { dir } = await ensureCached(context, {
    key: `mysql-${install.flavour}-${install.version.replaceAll(/[^\w.-]/g, '_')}-data`,
    title: `data folder of MySQL ${install.version}`,
    recipe: [initialiseSql(), ...initialiseOptions(install.flavour)],
    fetch: async (into) => {
      const dataDir = join(into, 'data');
      const sqlFile = join(into, 'init.sql');
      await writeFile(sqlFile, initialiseSql());
      await install.initialise(
        context.run,
        dataDir,
        [...initialiseOptions(install.flavour), ...runAs()],
        sqlFile,
      );
      // The file holds the server's UUID, which every copy must draw for itself.
      await rm(join(dataDir, 'auto.cnf'), { force: true });
      return { version: install.version };
    },
  });
  return join(dir, 'data');
}
