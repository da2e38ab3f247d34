import { describe, expect, test } from '@jest/globals';
import { SettingError } from '../errors.ts';
import { parseBrokers, parseServerUrls } from './urls.ts';

describe('lists of URLs', () => {
  test('keep their order and fill in the port', () => {
    const parsed = parseServerUrls('URLS', 'mysql://a:b@one/x, mysql://a:b@two:3307/x', ['mysql:'], 3306);
    expect(parsed.map(({ host, port }) => `${host}:${port}`)).toEqual(['one:3306', 'two:3307']);
  });

  test.each(['postgres://one/x', 'one:3306', 'mysql:///x'])('refuse %s by name', (value) => {
    expect(() => parseServerUrls('URLS', value, ['mysql:'], 3306)).toThrow(SettingError);
    expect(() => parseServerUrls('URLS', value, ['mysql:'], 3306)).toThrow(/URLS/);
  });
});

describe('lists of brokers', () => {
  test('are host:port', () => {
    expect(parseBrokers('B', 'one:9092,[::1]:9093')).toEqual([
      { host: 'one', port: 9092 },
      { host: '[::1]', port: 9093 },
    ]);
  });

  test.each(['one', 'kafka://one:9092', 'one:'])('refuse %s', (value) => {
    expect(() => parseBrokers('B', value)).toThrow(SettingError);
  });
});
