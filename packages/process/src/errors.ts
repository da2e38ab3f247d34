/** Settings of a process that are missing, wrong or contradict each other. The message names each of them. */
export class SettingsError extends Error {
  readonly code = 'PROCESS_SETTINGS';
  readonly retryable = false;
  override readonly name = 'SettingsError';
  /** Name of each setting that was refused, and why. */
  readonly problems: readonly { readonly setting: string; readonly message: string }[];

  constructor(problems: readonly { readonly setting: string; readonly message: string }[]) {
    super(`cannot start: ${problems.map((p) => `${p.setting}: ${p.message}`).join('; ')}`);
    this.problems = problems;
  }
}
