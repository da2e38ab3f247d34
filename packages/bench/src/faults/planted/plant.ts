import { registerHooks } from 'node:module';
import { bugNamed } from './bugs.ts';
import { NotPlantedError } from './bug.ts';

// Imported before anything else by a process whose product is to have a bug: files are changed as they are loaded, so
// that the product holds no switch for it.

const { patches } = bugNamed(process.env['FAULTS_PLANTED']!);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = patches.filter(({ file }) => url.endsWith(`/packages/${file}`));
    if (mine.length === 0) return loaded;
    const { source: bytes = '' } = loaded;
    let source = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes ?? undefined);
    for (const { file, find, replace } of mine) {
      if (source.split(find).length !== 2)
        throw new NotPlantedError(`${file} does not hold this once: ${find}`);
      source = source.replace(find, () => replace);
    }
    return { ...loaded, source };
  },
});
