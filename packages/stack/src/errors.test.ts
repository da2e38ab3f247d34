import { expect, test } from '@jest/globals';
import { PartsUnavailableError, reasonOf, UserServerError } from './errors.ts';

test('what cannot be had is told in one message: the part, every way with its reason, and what helps', () => {
  const error = new PartsUnavailableError([
    {
      title: 'Kafka 4.3.1',
      attempts: [
        { way: 'by URL', reason: 'ORDERSHARD_KAFKA_BROKERS is not set' },
        { way: 'docker', reason: 'no engine answers' },
        { way: 'native', reason: 'java is not installed\nsecond line' },
      ],
      advice: ['apt-get install default-jre-headless'],
    },
  ]);
  expect(error.code).toBe('STACK_PARTS_UNAVAILABLE');
  expect(error.message).toBe(
    [
      'Kafka 4.3.1 could not be started.',
      '  by URL: ORDERSHARD_KAFKA_BROKERS is not set',
      '  docker: no engine answers',
      '  native: java is not installed',
      '    second line',
      '  What helps:',
      '    - apt-get install default-jre-headless',
    ].join('\n'),
  );
});

test('a server of the user that does not answer is named with its variable', () => {
  const error = new UserServerError(
    'ORDERSHARD_REDIS_URL',
    'redis://127.0.0.1:1',
    new AggregateError([new Error('refused')]),
  );
  expect(error.message).toMatch(
    /^ORDERSHARD_REDIS_URL names redis:\/\/127\.0\.0\.1:1, which does not answer: refused\./,
  );
  expect(error.retryable).toBe(true);
  expect(error.name).toBe('UserServerError');
});

test('a reason can be had of anything thrown', () => {
  expect(reasonOf('text')).toBe('text');
  expect(reasonOf(new TypeError(''))).toBe('TypeError');
});
