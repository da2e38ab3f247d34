import type { StackState } from '../../stack/state.ts';

export function endContainers(_dir: string, _state: StackState | null, _keepData: boolean): Promise<number> {
  return Promise.resolve(0);
}
