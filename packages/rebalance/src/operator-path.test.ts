import { expect, test } from '@jest/globals';
import { operatorPath } from './operator-path.ts';

const byNpm = { npm_package_json: '/srv/shop/package.json', INIT_CWD: '/srv/ann/ops' };

test.each([
  [
    'of a command that npm runs is relative to where npm was called',
    './x.ts',
    byNpm,
    '/srv/shop',
    '/srv/ann/ops/x.ts',
  ],
  [
    'of a command that was called by itself is relative to its folder',
    'x.ts',
    {},
    '/srv/ann',
    '/srv/ann/x.ts',
  ],
  ['of a script that goes elsewhere first is relative to there', 'x.ts', byNpm, '/srv/ops', '/srv/ops/x.ts'],
  ['that is absolute stays', '/etc/x.ts', byNpm, '/srv/shop', '/etc/x.ts'],
])('a path %s', (_, path, env, cwd, expected) => {
  expect(operatorPath(path, env, cwd)).toBe(expected);
});
