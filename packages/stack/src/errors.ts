/** Every failure of the stack carries a stable code and says whether trying again may help. */
export abstract class StackError extends Error {
  abstract readonly code: string;
  readonly retryable: boolean = false;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One way in which a part was tried, and why it failed. */
export interface Attempt {
  readonly way: string;
  readonly reason: string;
}

/** A part that could not be started, with every way that was tried and what the user can do. */
export interface UnavailablePart {
  readonly title: string;
  readonly attempts: readonly Attempt[];
  readonly advice: readonly string[];
}

/** One or more parts cannot be started in any way. The message tells everything, and is meant for the terminal. */
export class PartsUnavailableError extends StackError {
  readonly code = 'STACK_PARTS_UNAVAILABLE';
  readonly parts: readonly UnavailablePart[];

  constructor(parts: readonly UnavailablePart[], cause?: unknown) {
    super(parts.map(describe).join('\n\n'), { cause });
    this.parts = parts;
  }
}

function describe(part: UnavailablePart): string {
  return [
    `${part.title} could not be started.`,
    ...part.attempts.map((attempt) => `  ${attempt.way}: ${indent(attempt.reason)}`),
    '  What helps:',
    ...part.advice.map((line) => `    - ${line}`),
  ].join('\n');
}

function indent(reason: string): string {
  return reason.trim().replaceAll('\n', '\n    ');
}

/** A server that the user named by URL does not answer. */
export class UserServerError extends StackError {
  readonly code = 'STACK_USER_SERVER';
  override readonly retryable = true;

  constructor(variable: string, url: string, cause: unknown) {
    super(
      `${variable} names ${url}, which does not answer: ${reasonOf(cause)}. ` +
        `Start that server, correct the variable, or unset it to have the stack start one.`,
      { cause },
    );
  }
}

/** A setting holds something that cannot be used. */
export class SettingError extends StackError {
  readonly code = 'STACK_SETTING';
}

/** A program that a native part needs is missing or too old. */
export class ToolMissingError extends StackError {
  readonly code = 'STACK_TOOL_MISSING';
  /** Debian's package that holds the tool. */
  readonly installs: string;

  constructor(tool: string, installs: string, detail?: string) {
    super(detail ?? `${tool} is not installed`);
    this.installs = installs;
  }
}

/** A program ran and failed; the message has the end of what it said. */
export class ToolFailedError extends StackError {
  readonly code = 'STACK_TOOL_FAILED';
  override readonly retryable = true;
}

/** A fetched file is not the pinned one, or does not run. */
export class FetchFailedError extends StackError {
  readonly code = 'STACK_FETCH_FAILED';
  override readonly retryable = true;
}

/** A server ended, or did not become healthy in time; the message has the end of its log. */
export class ServerStartError extends StackError {
  readonly code = 'STACK_SERVER_START';
  override readonly retryable = true;
}

/** Servers or processes cannot be given a clock that jumps. */
export class ClockUnavailableError extends StackError {
  readonly code = 'STACK_CLOCK_UNAVAILABLE';

  constructor(reason: string, options?: ErrorOptions) {
    super(`a clock that jumps is to be had for native servers on x86_64 Linux only: ${reason}`, options);
  }
}

/** The stack of that name does not exist, is not running, or is not as the caller asks for. */
export class StackStateError extends StackError {
  readonly code = 'STACK_STATE';
}

/** A process of the project ended before it said that it is ready, or did not stop in time. */
export class ProcessFailedError extends StackError {
  readonly code = 'STACK_PROCESS';
}

/** Returns the message of an unknown thrown value, with the causes that add something. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || error.name;
}
