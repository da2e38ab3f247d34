/** Names go into statements as they are, so only these pass. @throws RangeError for any other */
export function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
    throw new RangeError(`not a table, column or partition name: ${name}`);
  return `\`${name}\``;
}
