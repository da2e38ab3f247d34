import { expect, test } from '@jest/globals';
import { closed, sendLimited } from './limited-calls.ts';

const never = () => new Promise<never>(() => undefined);

test('a send that the client never settles is a failure', async () => {
  await expect(sendLimited({ send: never }, [], 5)).rejects.toThrow('the send took longer than 5 ms');
});

test('a send fails as the client does', async () => {
  await expect(sendLimited({ send: () => Promise.reject(new Error('gone')) }, [])).rejects.toThrow('gone');
});

test('a client that never closes, or cannot, is given up', async () => {
  expect(await closed({ close: never }, 5)).toBeUndefined();
  expect(await closed({ close: () => Promise.reject(new Error('gone')) })).toBeUndefined();
});
