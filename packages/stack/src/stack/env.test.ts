import { expect, test } from '@jest/globals';
import { formatEnv } from './env.ts';

test('an env file quotes only what a shell would read otherwise', () => {
  expect(
    formatEnv({
      ORDERSHARD_MONGODB_URL: 'mongodb://127.0.0.1:1/ordershard?replicaSet=rs0',
      WITH_AND: 'mongodb://h/d?a=b&c=d',
      WITH_BLANK: "/it's here/jwks.json",
      EMPTY: '',
    }),
  ).toBe(
    [
      'ORDERSHARD_MONGODB_URL=mongodb://127.0.0.1:1/ordershard?replicaSet=rs0',
      "WITH_AND='mongodb://h/d?a=b&c=d'",
      "WITH_BLANK='/it'\\''s here/jwks.json'",
      'EMPTY=',
      '',
    ].join('\n'),
  );
});
