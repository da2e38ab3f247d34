import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { DriverDouble } from './driver-double.ts';
import type { Pause } from './schedule.ts';

/** Waits in one of the ways in which a scope must survive. */
export async function passTime(pause: Pause, double: DriverDouble): Promise<void> {
  switch (pause) {
    case 'microtask':
      return Promise.resolve();
    case 'next tick':
      return new Promise((resolve) => process.nextTick(resolve));
    case 'immediate':
      return new Promise((resolve) => setImmediate(resolve));
    case 'timer':
      return new Promise((resolve) => setTimeout(resolve, 1));
    case 'foreign':
      return new Promise((resolve) => double.later(resolve));
    case 'emitter': {
      const emitter = new EventEmitter();
      return new Promise((resolve) => {
        emitter.once('wake', AsyncResource.bind(resolve));
        double.later(() => emitter.emit('wake'));
      });
    }
    case 'stream': {
      let seen = 0;
      for await (const chunk of Readable.from(['a', 'b'])) seen += String(chunk).length;
      if (seen !== 2) throw new Error('the stream lost something');
    }
  }
}
