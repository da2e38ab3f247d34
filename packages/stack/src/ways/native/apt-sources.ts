/**
 * Reads the machine's own apt sources, so that the mirror, its signing key and its options are whatever the machine
 * already trusts. Both spellings: one line a source (`sources.list`), and stanzas (`*.sources`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One source in stanza form: field names as written there, values with their continuation lines. */
export type AptStanza = Readonly<Record<string, string>>;

/** Parses a `*.sources` file. Disabled stanzas and those without binary packages are left out. */
export function parseStanzas(text: string): AptStanza[] {
  return text
    .split(/\n\s*\n/)
    .map(parseStanza)
    .filter((stanza) => stanza['URIs'] && stanza['Suites'])
    .filter((stanza) => words(stanza['Types']).includes('deb'))
    .filter((stanza) => !/^(no|false|off|0)$/i.test(stanza['Enabled'] ?? 'yes'))
    .map((stanza) => ({ ...stanza, Types: 'deb' }));
}

function parseStanza(text: string): AptStanza {
  const stanza: Record<string, string> = {};
  let field = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    const start = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (start?.[1] !== undefined) {
      field = start[1];
      stanza[field] = start[2] ?? '';
    } else if (field !== '') {
      stanza[field] += `\n${line}`;
    }
  }
  return stanza;
}

/** Parses a `sources.list` file into the same form. */
export function parseOneLine(text: string): AptStanza[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    return [
      { Types: 'deb', URIs: uri, Suites: suite, Components: components.trim(), ...optionFields(options) },
    ];
  });
}

/** `[signed-by=… arch=…]` as fields of a stanza. */
function optionFields(options: string): AptStanza {
  const names: Record<string, string> = {
    'signed-by': 'Signed-By',
    arch: 'Architectures',
    trusted: 'Trusted',
  };
  return Object.fromEntries(
    words(options).flatMap((option) => {
      const at = option.indexOf('=');
      const name = option.slice(0, at).toLowerCase();
      return at < 0 ? [] : [[names[name] ?? name, option.slice(at + 1).replaceAll(',', ' ')]];
    }),
  );
}

/** Writes stanzas for a `*.sources` file of our own. */
export function formatStanzas(stanzas: readonly AptStanza[]): string {
  return stanzas
    .map((stanza) =>
      Object.entries(stanza)
        .map(([field, value]) => `${field}: ${value}\n`)
        .join(''),
    )
    .join('\n');
}

/**
 * The sources of the distribution itself: those with a suite that begins with the release's code name. Lists of
 * third parties, which may not even answer, are left out.
 */
export function ownRelease(stanzas: readonly AptStanza[], codename: string): AptStanza[] {
  return stanzas.flatMap((stanza) => {
    const suites = words(stanza['Suites']).filter(
      (suite) => suite === codename || suite.startsWith(`${codename}-`),
    );
    const wanted = suites.filter((suite) => !suite.endsWith('-backports'));
    return wanted.length === 0 ? [] : [{ ...stanza, Suites: wanted.join(' ') }];
  });
}

/** The same archive at another suite: where the release itself comes from, not its updates. */
export function otherSuite(stanzas: readonly AptStanza[], codename: string, suite: string): AptStanza[] {
  return stanzas
    .filter((stanza) => words(stanza['Suites']).includes(codename))
    .map((stanza) => ({ ...stanza, Suites: suite, Components: 'main' }));
}

/** Every source of the machine, in the order in which apt reads them. */
export function readAptSources(etc = '/etc/apt'): AptStanza[] {
  const folder = join(etc, 'sources.list.d');
  const files = [join(etc, 'sources.list'), ...listOf(folder).map((name) => join(folder, name))];
  return files.flatMap((path) => {
    if (path.endsWith('.sources')) return parseStanzas(textOf(path));
    return path.endsWith('.list') ? parseOneLine(textOf(path)) : [];
  });
}

/** `ID` and `VERSION_CODENAME` of the distribution. */
export function readRelease(path = '/etc/os-release'): { id: string; codename: string } {
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(textOf(path))?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
