/**
 * Compares two texts by code point, which is the order of their UTF-8 bytes. JavaScript's own `<` compares UTF-16 units
 * and puts U+1F600 before U+FF5E; units from U+E000 up are moved below the surrogates to undo that.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** A UTF-16 unit's place in the order of code points: surrogates stand for the highest ones. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
