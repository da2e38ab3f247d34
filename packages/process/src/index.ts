export { runCommand } from './command.ts';
export { SettingsError } from './errors.ts';
export { Gate } from './gate.ts';
export { serveHealth, type Health } from './health.ts';
export { createLogger, type Logger } from './log.ts';
export { runProcess, type Running } from './run.ts';
export { commaList, commonSettings, port, readGroups, readSettings, settingsProblemsOf } from './settings.ts';
