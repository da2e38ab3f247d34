/** Whether an answer with a Content-Length, as latin1, has all of its body. */
export function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head));
  if (length === null) throw new Error(`an answer without a length: ${answer.slice(0, head)}`);
  return answer.length >= head + 4 + Number(length[1]);
}
