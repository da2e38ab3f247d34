import { describe, expect, test } from '@jest/globals';
import { chooseVersion, upstreamOf, versions } from './versions.ts';

describe('the upstream part of a version', () => {
  test.each([
    ['9.7.4-2', '9.7.4'],
    ['1:10.11.19-0+deb12u1', '10.11.19'],
    ['5:7.0.15-1~deb12u10', '7.0.15'],
    ['9.8.0+dfsg-1', '9.8.0'],
    ['4.3.1', '4.3.1'],
  ])('%s is %s', (version, upstream) => expect(upstreamOf(version)).toBe(upstream));
});

describe('choosing among the versions on offer', () => {
  const pin = { version: '9.7.4', alsoAccepted: ['9.7', '9'] };

  test('takes the pinned one, with its newest revision', () => {
    const offered = ['9.8.0-1', '9.7.4-2', '9.7.4-10'];
    expect(chooseVersion(offered, pin)).toEqual({ version: '9.7.4-10', pinned: true });
  });

  test('falls back to the same line before a newer one', () => {
    expect(chooseVersion(['9.8.0-1', '9.7.5-1', '9.7.10-1'], pin)).toEqual({
      version: '9.7.10-1',
      pinned: false,
    });
    expect(chooseVersion(['9.8.0-1', '9.10.0-1'], pin)).toEqual({ version: '9.10.0-1', pinned: false });
  });

  test('refuses what no prefix accepts, and does not take 9.70 for 9.7', () => {
    expect(chooseVersion(['8.4.9-1', '10.0.0-1'], pin)).toBeUndefined();
    expect(chooseVersion([], pin)).toBeUndefined();
    expect(chooseVersion(['9.70.0-1'], { version: '9.7.4', alsoAccepted: ['9.7'] })).toBeUndefined();
  });
});

test('every pinned version is accepted by its own fallback list', () => {
  for (const pin of [...Object.values(versions.mysql), versions.kafka, versions.redis]) {
    expect(chooseVersion([pin.version], pin)).toEqual({ version: pin.version, pinned: true });
  }
});
