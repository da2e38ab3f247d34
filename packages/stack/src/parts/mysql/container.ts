import type { StackShape } from '../../stack/state.ts';
import type { ContainerServer } from '../part.ts';
import type { MysqlRole } from './settings.ts';
export function mysqlContainer(
  _shape: StackShape,
  _id: string,
  _role: MysqlRole,
  _serverId: number,
): ContainerServer {
  throw new Error('not yet');
}
