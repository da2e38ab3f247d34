import { describe, expect, test } from '@jest/globals';
import { formatStanzas, otherSuite, ownRelease, parseOneLine, parseStanzas } from './apt-sources.ts';

const STANZAS = `
# Made by an installer
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc=
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example
Suites: bookworm
Components: main
`;

describe('stanzas', () => {
  test('are read with their continuation lines; disabled and source-only ones are left out', () => {
    const [archive, security, ...more] = parseStanzas(STANZAS);
    expect(more).toEqual([]);
    expect(archive).toMatchObject({
      Types: 'deb',
      URIs: 'http://mirror.example/debian',
      Components: 'main contrib',
    });
    expect(security?.['Signed-By']).toContain('\n abc=\n');
  });

  test('survive being written and read again', () => {
    const stanzas = parseStanzas(STANZAS);
    expect(parseStanzas(formatStanzas(stanzas))).toEqual(stanzas);
  });
});

describe('one line a source', () => {
  test('is read with its options', () => {
    const text = [
      'deb [signed-by=/k.gpg arch=amd64,arm64] http://mirror.example/debian bookworm main contrib # the archive',
      'deb-src http://mirror.example/debian bookworm main',
      '# deb http://off.example/debian bookworm main',
      'deb http://mirror.example/security bookworm-security main',
    ].join('\n');
    expect(parseOneLine(text)).toEqual([
      {
        Types: 'deb',
        URIs: 'http://mirror.example/debian',
        Suites: 'bookworm',
        Components: 'main contrib',
        'Signed-By': '/k.gpg',
        Architectures: 'amd64 arm64',
      },
      {
        Types: 'deb',
        URIs: 'http://mirror.example/security',
        Suites: 'bookworm-security',
        Components: 'main',
      },
    ]);
  });
});

describe('choosing sources', () => {
  const all = [
    ...parseStanzas(STANZAS),
    ...parseOneLine('deb http://third.example/apt stable main\ndeb http://third.example/apt nodistro main'),
  ];

  test('of the own release leaves out backports and third parties', () => {
    expect(ownRelease(all, 'bookworm').map((stanza) => stanza['Suites'])).toEqual([
      'bookworm bookworm-updates',
      'bookworm-security',
    ]);
  });

  test('of another suite takes the archive, not its updates', () => {
    const [archive, ...more] = otherSuite(all, 'bookworm', 'sid');
    expect(more).toEqual([]);
    expect(archive).toMatchObject({
      URIs: 'http://mirror.example/debian',
      Suites: 'sid',
      Components: 'main',
    });
  });
});
