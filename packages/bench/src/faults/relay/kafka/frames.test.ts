import { describe, expect, test } from '@jest/globals';
import { FrameReader } from './frame-reader.ts';
import { correlationOf, headOf, produces, withPort } from './frames.ts';

function frame(...body: number[]): Buffer {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeInt32BE(body.length);
  bytes.set(body, 4);
  return bytes;
}

describe('FrameReader', () => {
  const frames = [frame(1, 2, 3), frame(), frame(...Array.from({ length: 300 }, (_, at) => at % 256))];

  test.each([1, 2, 3, 5, 7, 1_000])('gives the frames of a stream in pieces of %d bytes', (size) => {
    const stream = Buffer.concat(frames);
    const reader = new FrameReader();
    const got: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) got.push(...reader.push(stream.subarray(at, at + size)));
    expect(got).toEqual(frames);
  });

  test('gives nothing of a frame that is not whole', () => {
    expect(new FrameReader().push(frames[0]!.subarray(0, 6))).toEqual([]);
  });
});

describe('frames', () => {
  test('a request and its answer have a number', () => {
    const request = frame(0, 0, 0, 9, 0, 0, 1, 2, 0);
    expect(headOf(request)).toEqual({ api: 0, correlation: 258 });
    expect(produces(headOf(request))).toBe(true);
    expect(correlationOf(frame(0, 0, 1, 2))).toBe(258);
  });

  test('the port of a broker is replaced wherever it is named, and no other', () => {
    const host = [...Buffer.from('127.0.0.1')];
    const answer = frame(10, ...host, 0, 0, 35, 132, 5, ...host, 0, 0, 35, 132, ...host, 0, 0, 35, 133);
    expect(withPort(answer, '127.0.0.1', 9_092, 1_000)).toEqual(
      frame(10, ...host, 0, 0, 3, 232, 5, ...host, 0, 0, 3, 232, ...host, 0, 0, 35, 133),
    );
  });
});
