import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';
import type { ToolRunner } from '../../process/run-tool.ts';
import { chooseVersion, type ChosenVersion, type PinnedServer } from '../../versions.ts';
import {
  formatStanzas,
  otherSuite,
  ownRelease,
  readAptSources,
  readRelease,
  type AptStanza,
} from './apt-sources.ts';

/** The suite of an archive that packages are taken from: the machine's own release, or another by name. */
export type Suite = 'own' | { readonly debian: string };

/**
 * An apt of our own: sources, package lists, cache and an empty record of what is installed lie in a private folder, so that
 * the system's own packages do not matter, nothing in the system changes, and no root is needed.
 */
export class PrivateApt {
  readonly #dir: string;
  readonly #run: ToolRunner;

  private constructor(dir: string, run: ToolRunner) {
    this.#dir = dir;
    this.#run = run;
  }

  /** Fetches the package lists of a suite. @throws FetchFailedError when the machine has no such source */
  static async open(dir: string, run: ToolRunner, suite: Suite): Promise<PrivateApt> {
    const apt = new PrivateApt(dir, run);
    await mkdir(join(dir, 'state/lists/partial'), { recursive: true });
    await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
    await writeFile(join(dir, 'status'), '');
    await writeFile(join(dir, 'private.sources'), formatStanzas(sourcesFor(suite)));
    await apt.#apt('apt-get', ['update']);
    return apt;
  }

  /** The versions of a package that the suite offers; none when it does not know the package. */
  async versions(name: string): Promise<string[]> {
    const { stdout } = await this.#apt('apt-cache', ['madison', name]);
    return stdout.split('\n').flatMap((line) => line.split('|')[1]?.trim() ?? []);
  }

  /** The version to take of a package, or undefined when none is acceptable. */
  async choose(
    name: string,
    pin: Pick<PinnedServer, 'version' | 'alsoAccepted'>,
  ): Promise<ChosenVersion | undefined> {
    return chooseVersion(await this.versions(name), pin);
  }

  /** Downloads packages (`name` or `name=version`) with all that they depend on, and unpacks them below `root`. */
  async unpack(packages: readonly string[], root: string): Promise<void> {
    await this.#apt('apt-get', [
      '--yes',
      '--download-only',
      '--no-install-recommends',
      'install',
      ...packages,
    ]);
    const archives = join(this.#dir, 'cache/archives');
    await mkdir(root, { recursive: true });
    for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb') && isNeeded(name))) {
      await this.#run({ command: 'dpkg-deb', args: ['-x', join(archives, file), root], installs: 'dpkg' });
    }
  }

  async #apt(command: string, args: readonly string[]): Promise<{ stdout: string }> {
    const settings = [
      ...option('Dir::Etc::SourceList', join(this.#dir, 'private.sources')),
      ...option('Dir::Etc::SourceParts', '/nonexistent'),
      ...option('Dir::State', join(this.#dir, 'state')),
      ...option('Dir::State::status', join(this.#dir, 'status')),
      ...option('Dir::Cache', join(this.#dir, 'cache')),
      ...option('APT::Sandbox::User', 'root'),
      ...option('APT::Update::Error-Mode', 'any'),
      ...option('Acquire::Languages', 'none'),
      ...option('Acquire::Retries', '2'),
      '-q',
    ];
    return this.#run({ command, args: [...settings, ...args], installs: 'apt' });
  }
}

function option(name: string, value: string): string[] {
  return ['-o', `${name}=${value}`];
}

/** Perl and the like come along as dependencies of maintainer scripts that never run here. */
function isNeeded(file: string): boolean {
  return !/^(perl|libperl|perl-base|perl-modules|debconf|systemd|init-system-helpers|gcc-)/.test(file);
}

function sourcesFor(suite: Suite): AptStanza[] {
  const { id, codename } = readRelease();
  const all = readAptSources();
  if (suite === 'own') {
    const own = ownRelease(all, codename);
    if (own.length > 0) return own;
    throw new FetchFailedError(`no apt source for ${codename || 'this release'} below /etc/apt`);
  }
  if (id !== 'debian') {
    throw new FetchFailedError(
      `the package comes from Debian's ${suite.debian}; this is ${id || 'another system'}`,
    );
  }
  const stanzas = otherSuite(all, codename, suite.debian);
  if (stanzas.length > 0) return stanzas;
  throw new FetchFailedError(`no apt source for Debian's archive below /etc/apt`);
}
