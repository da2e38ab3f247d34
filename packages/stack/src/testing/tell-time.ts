/**
 * Run by tests as a process of its own: says that it is ready, and from then on logs the time that it sees whenever
 * a timer of 100 ms goes off, with the milliseconds since its start by the monotonic clock.
 */
const begun = performance.now();
process.stdout.write(`${JSON.stringify({ msg: 'ready', time: Date.now(), port: 0 })}\n`);
const timer = setInterval(() => {
  const line = { msg: 'tick', time: Date.now(), sinceMs: Math.round(performance.now() - begun) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}, 100);
process.once('SIGTERM', () => clearInterval(timer));
