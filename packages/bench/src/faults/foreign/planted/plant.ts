import { patchFiles } from '../../planted/patch-files.ts';
import { bugNamed } from './bugs.ts';

patchFiles(bugNamed(process.env['FAULTS_PLANTED']!).patches);
