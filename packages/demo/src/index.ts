export { runDemo } from './demo.ts';
export type { Summary } from './report/summary.ts';
export type { DemoSettings } from './settings.ts';
