import type { MysqlFlavour } from '../../versions.ts';
import type { InstallContext } from '../part.ts';
import { installMysql9 } from './install-apt.ts';
import { installMariadb } from './install-mariadb.ts';
import { installMysql80 } from './install-maven.ts';
import type { MysqldInstall } from './native.ts';

/** Fetches a flavour if need be. */
export async function installMysql(context: InstallContext, flavour: MysqlFlavour): Promise<MysqldInstall> {
  if (flavour === '9') return installMysql9(context);
  return flavour === '8.0' ? installMysql80(context) : installMariadb(context);
}
