/** The width of every plot, and the colours of its text and of its lines in the background. */
export const WIDTH = 1_000;
export const INK = '#1b1f24';
export const FAINT = '#d0d7de';

/** Colours that people who do not tell red from green tell apart (Okabe and Ito). */
export const COLOURS = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#999999',
  '#000000',
] as const;

/** Some elements as an SVG document of a height. */
export function svgDocument(height: number, lines: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

export function text(x: number, y: number, content: string, extra = ''): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${extra}>${safe}</text>`;
}

export function title(y: number, content: string): string {
  return text(20, y, content, 'font-weight="600" font-size="15"');
}

export function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;
}
