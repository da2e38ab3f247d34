/**
 * Variables with which a Node process has a bug; none for none.
 *
 * @param bugs the URL of the module whose `BUGS` has it
 */
export function plantedEnv(bugs: string, planted: string | undefined): Readonly<Record<string, string>> {
  if (planted === undefined) return {};
  return {
    NODE_OPTIONS: `--import ${new URL('plant.ts', import.meta.url).href}`,
    FAULTS_BUGS: bugs,
    FAULTS_PLANTED: planted,
  };
}
