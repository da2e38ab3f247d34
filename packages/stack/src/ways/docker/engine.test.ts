import { describe, expect, test } from '@jest/globals';
import { FetchFailedError } from '../../errors.ts';
import { socketsOf, withoutFrames } from './engine.ts';

describe('where an engine may listen', () => {
  test('is the usual sockets, those of the user included', () => {
    const sockets = socketsOf({ HOME: '/srv/u', XDG_RUNTIME_DIR: '/run/user/1' });
    expect(sockets[0]).toBe('/var/run/docker.sock');
    expect(sockets).toContain('/run/user/1/docker.sock');
    expect(sockets).toContain('/srv/u/.docker/run/docker.sock');
  });

  test('is DOCKER_HOST alone when that is set', () => {
    expect(socketsOf({ DOCKER_HOST: 'unix:///own/docker.sock' })).toEqual(['/own/docker.sock']);
    expect(() => socketsOf({ DOCKER_HOST: 'tcp://other.example:2376' })).toThrow(FetchFailedError);
  });
});

function frame(stream: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test('log lines are taken out of their frames', () => {
  expect(withoutFrames(Buffer.concat([frame(1, 'one\n'), frame(2, 'zwö\n')]))).toBe('one\nzwö');
  expect(withoutFrames(Buffer.alloc(0))).toBe('');
});
