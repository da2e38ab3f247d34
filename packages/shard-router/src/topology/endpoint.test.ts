import { describe, expect, test } from '@jest/globals';
import { checkShards } from './config.ts';
import { parseEndpoint } from './endpoint.ts';
import { shardsFromEnv } from './shard-settings.ts';

const BASE = 'mysql://u:secret@h:3307/orders';

test('a URL names host, port, user, password and database, whose name may have a dot', () => {
  expect(parseEndpoint('mysql://u%40x:p%2Fw@[::1]:3307/orders.v2')).toEqual({
    host: '::1',
    port: 3307,
    user: 'u@x',
    password: 'p/w',
    database: 'orders.v2',
  });
});

describe('what a URL says of TLS is honoured', () => {
  test.each([
    ['ssl-mode=DISABLED', false],
    ['sslmode=require', { rejectUnauthorized: false }],
    ['ssl-mode=REQUIRED', { rejectUnauthorized: false }],
    ['sslMode=VERIFY_CA', { rejectUnauthorized: true }],
    ['ssl_mode=verify-ca', { rejectUnauthorized: true }],
    ['ssl-mode=VERIFY_IDENTITY', { rejectUnauthorized: true, verifyIdentity: true }],
    ['sslmode=verify-full', { rejectUnauthorized: true, verifyIdentity: true }],
    ['tls=true', { rejectUnauthorized: true, verifyIdentity: true }],
    ['tls=skip-verify', { rejectUnauthorized: false }],
    ['sslaccept=strict', { rejectUnauthorized: true, verifyIdentity: true }],
    ['sslaccept=accept_invalid_certs', { rejectUnauthorized: false }],
    ['ssl={"rejectUnauthorized":false}', { rejectUnauthorized: false }],
    ['ssl=%7B%22ca%22%3A%22CERT%22%7D', { ca: 'CERT' }],
  ])('%s', (search, tls) => {
    expect(parseEndpoint(`${BASE}?${search}`).options).toEqual({ tls });
  });
});

test('a time to connect, and what sessions are set to anyway, may be asked for', () => {
  const { options } = parseEndpoint(`${BASE}?connectTimeout=2500&charset=utf8mb4&timezone=Z`);
  expect(options).toEqual({ connectTimeoutMs: 2_500 });
});

describe('what is not honoured is refused by name, with the shard, and without the password', () => {
  test.each([
    ['ssl-mode=PREFERRED', 'ssl-mode'],
    ['sslmode=prefer', 'sslmode'],
    ['tls=preferred', 'tls'],
    ['ssl-mode=', 'ssl-mode'],
    ['ssl=Amazon%20RDS', 'ssl'],
    ['ssl={', 'ssl'],
    ['ssl={"rejectUnauthorised":true}', 'rejectUnauthorised'],
    ['ssl={"rejectUnauthorized":"false"}', 'rejectUnauthorized'],
    ['ssl-mode=REQUIRED&tls=false', 'tls'],
    ['ssl-mode=REQUIRED&ssl_mode=DISABLED', 'ssl_mode'],
    ['ssl-ca=/etc/ca.pem', 'ssl-ca'],
    ['useSSL=true', 'useSSL'],
    ['charset=latin1', 'charset'],
    ['timezone=%2B09:00', 'timezone'],
    ['connectTimeout=soon', 'connectTimeout'],
    ['connectTimeout=0', 'connectTimeout'],
    ['connectionLimit=10', 'connectionLimit'],
    ['__proto__=1', '__proto__'],
  ])('%s', (search, name) => {
    const refuse = () =>
      checkShards([
        { id: 0, writer: 'mysql://u@other/orders' },
        { id: 7, writer: `${BASE}?${search}` },
      ]);
    expect(refuse).toThrow(expect.objectContaining({ code: 'ROUTER_TOPOLOGY' }));
    expect(refuse).toThrow(/^shard 7: /);
    expect(refuse).toThrow(name);
    expect(refuse).not.toThrow(/secret/);
  });

  test('a user whose % begins no character', () => {
    expect(() => parseEndpoint('mysql://u%:secret@h/orders')).toThrow(
      expect.objectContaining({ code: 'ROUTER_TOPOLOGY' }),
    );
  });
});

test('a list of URLs in a setting is split where the next one begins, not at the commas of a parameter', () => {
  const { shards } = shardsFromEnv({
    ORDERSHARD_MYSQL_URLS:
      'mysql://u@a/x?ssl={"ca":"A","verifyIdentity":true},mysql://u@b/x?ssl-mode=REQUIRED',
  });
  expect(shards.map(({ writer }) => parseEndpoint(writer).options?.tls)).toEqual([
    { ca: 'A', verifyIdentity: true },
    { rejectUnauthorized: false },
  ]);
});
