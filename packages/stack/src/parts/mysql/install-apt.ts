import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError, reasonOf, ToolMissingError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { PrivateApt } from '../../ways/native/apt.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { privateLoader } from '../../ways/native/loader.ts';
import type { InstallContext } from '../part.ts';
import type { MysqldInstall } from './native.ts';
import { shownVersion } from './settings.ts';

/** MySQL 9 from Debian's packages, unpacked into a private root and run by that root's own loader and libraries. */
export async function installMysql9(context: InstallContext): Promise<MysqldInstall> {
  const pin = versions.mysql['9'];
  const { dir, version } = await ensureCached(context, {
    key: `mysql-${pin.version}`,
    title: `MySQL ${pin.version}`,
    recipe: [JSON.stringify(pin)],
    fetch: async (into) => {
      const found = await unpackFirst(context, into);
      await rm(join(into, 'apt'), { recursive: true, force: true });
      await rm(join(into, 'usr/share/doc'), { recursive: true, force: true });
      return { version: found };
    },
    probe: async (root) => {
      const { command, args } = privateLoader(root, join(root, 'usr/sbin/mysqld'));
      await context.run({
        command,
        args: [...args, '--no-defaults', '--version'],
        installs: 'mysql-server-core',
      });
    },
  });
  const shown = shownVersion(version);
  if (shown !== pin.version) context.report(`MySQL ${pin.version} is no longer offered; ${shown} is used`);
  return describeInstall(dir, shown);
}

/** Takes the package from the first suite that has an acceptable version. */
async function unpackFirst(context: InstallContext, into: string): Promise<string> {
  const pin = versions.mysql['9'];
  const name = pin.apt?.package ?? '';
  const tried: string[] = [];
  for (const debian of pin.apt?.suites ?? []) {
    const work = join(into, 'apt', debian);
    try {
      context.report(`MySQL ${pin.version}: reading the package lists of Debian's ${debian}`);
      const apt = await PrivateApt.open(work, context.run, { debian });
      const chosen = await apt.choose(name, pin);
      if (chosen === undefined) {
        tried.push(`${debian} has ${(await apt.versions(name)).join(', ') || 'no'} ${name}`);
        continue;
      }
      context.report(
        `MySQL ${shownVersion(chosen.version)}: fetching ${name} ${chosen.version} from ${debian}`,
      );
      await apt.unpack([`${name}=${chosen.version}`], into);
      return chosen.version;
    } catch (error) {
      if (error instanceof ToolMissingError) throw error;
      tried.push(`${debian}: ${reasonOf(error)}`);
    }
  }
  throw new FetchFailedError(`${name}: ${tried.join('; ')}`);
}

function describeInstall(root: string, version: string): MysqldInstall {
  const { command, args } = privateLoader(root, join(root, 'usr/sbin/mysqld'));
  const base = [
    ...args,
    '--no-defaults',
    `--lc-messages-dir=${join(root, 'usr/share/mysql')}`,
    `--character-sets-dir=${join(root, 'usr/share/mysql/charsets')}`,
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    '--secure-file-priv=',
  ];
  return {
    flavour: '9',
    version,
    command,
    args: base,
    env: {},
    initialise: async (run, dataDir, options, sqlFile) => {
      const words = ['--initialize-insecure', `--datadir=${dataDir}`, `--init-file=${sqlFile}`, ...options];
      await run({ command, args: [...base, ...words], installs: 'mysql-server-core' });
      if (!existsSync(join(dataDir, 'ordershard'))) throw new FetchFailedError('mysqld made no database');
    },
  };
}
