import { describe, expect, test } from '@jest/globals';
import { outgoingRangeStart, saysPortTaken } from './ports.ts';

describe('a taken port is told from the log of', () => {
  test.each([
    ['mysqld', "Can't start server: Bind on TCP/IP port: Address already in use"],
    ['mongod', '{"attr":{"error":"SocketException: Address already in use"}}'],
    ['Kafka', 'java.net.BindException: Address already in use'],
    ['Redis', 'Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use'],
  ])('%s', (_server, log) => expect(saysPortTaken(log)).toBe(true));

  test('and other faults are not', () => expect(saysPortTaken('No space left on device')).toBe(false));
});

test('ports are taken from below the range of outgoing connections', () => {
  expect(outgoingRangeStart('32768\t60999\n')).toBe(32_768);
  expect(outgoingRangeStart('20000\t60999\n')).toBe(20_000);
  expect(outgoingRangeStart('1024\t60999\n')).toBe(32_768);
  expect(outgoingRangeStart(null)).toBe(32_768);
});
