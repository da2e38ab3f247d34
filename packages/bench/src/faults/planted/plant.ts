import { registerHooks } from 'node:module';
import { type Bugs, bugNamed, patched } from './bug.ts';

// Imported before anything else by a process whose product is to have a bug: files are changed as they are loaded, so
// that the product holds no switch for it.

const { BUGS } = (await import(process.env['FAULTS_BUGS']!)) as { readonly BUGS: Bugs };
const { patches } = bugNamed(BUGS, process.env['FAULTS_PLANTED']!);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = patches.filter(({ file }) => url.endsWith(`/packages/${file}`));
    if (mine.length === 0) return loaded;
    const { source: bytes = '' } = loaded;
    const source = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes ?? undefined);
    return { ...loaded, source: patched(source, mine) };
  },
});
