import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { fetchFromOwnRelease } from '../../ways/native/apt-package.ts';
import { privateLoader } from '../../ways/native/loader.ts';
import type { InstallContext } from '../part.ts';
import type { MysqldInstall } from './native.ts';
import { shownVersion } from './settings.ts';

const PROGRAM = 'usr/sbin/mariadbd';
/** What `mariadb-install-db` feeds to the server, in its order; releases differ in which of them they have. */
const SYSTEM_SCRIPTS = [
  ['mariadb_system_tables.sql', 'mysql_system_tables.sql'],
  ['mariadb_performance_tables.sql', 'mysql_performance_tables.sql'],
  ['mariadb_system_tables_data.sql', 'mysql_system_tables_data.sql'],
  ['maria_add_gis_sp_bootstrap.sql'],
  ['mariadb_sys_schema.sql', 'mysql_sys_schema.sql'],
];

/** MariaDB from the machine's own release, unpacked into a private root. */
export async function installMariadb(context: InstallContext): Promise<MysqldInstall> {
  const pin = versions.mysql.mariadb;
  const { dir, version } = await fetchFromOwnRelease(context, {
    title: 'MariaDB',
    key: 'mariadb',
    pin,
    packageName: pin.apt?.package ?? '',
    program: PROGRAM,
    probe: ['--no-defaults', '--version'],
  });
  return describeInstall(dir, shownVersion(version));
}

function describeInstall(root: string, version: string): MysqldInstall {
  const { command, args } = privateLoader(root, join(root, PROGRAM));
  const share = join(root, 'usr/share/mysql');
  const base = [
    ...args,
    '--no-defaults',
    `--basedir=${join(root, 'usr')}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    '--secure-file-priv=',
  ];
  return {
    flavour: 'mariadb',
    version,
    command,
    args: base,
    env: {},
    initialise: async (run, dataDir, options, sqlFile) => {
      await mkdir(join(dataDir, 'mysql'), { recursive: true, mode: 0o700 });
      const input = await bootstrapSql(share, sqlFile);
      const words = [
        '--bootstrap',
        `--datadir=${dataDir}`,
        '--log-warnings=0',
        '--enforce-storage-engine=',
        ...options,
      ];
      await run({ command, args: [...base, ...words], installs: 'mariadb-server', input });
      await rm(join(dataDir, 'mysqld.pid'), { force: true });
    },
  };
}

/** The system tables, a root without password that only the socket reaches, and our own database and users. */
async function bootstrapSql(share: string, sqlFile: string): Promise<string> {
  const there = new Set(await readdir(share));
  const scripts = SYSTEM_SCRIPTS.flatMap((names) => names.find((name) => there.has(name)) ?? []);
  if (scripts.length < 3) throw new FetchFailedError(`${share} lacks the scripts of MariaDB's system tables`);
  const texts = await Promise.all(scripts.map(async (name) => readFile(join(share, name), 'utf8')));
  const header = 'SET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\nUSE mysql;\n';
  const own = await readFile(sqlFile, 'utf8');
  return `${header}${texts.join('\n')}\nFLUSH PRIVILEGES;\n${own}`;
}
