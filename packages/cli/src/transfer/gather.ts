/** Pieces of about this length cost few system calls and little memory. UTF-16 units. */
const PIECE_LENGTH = 65_536

/** The same text in fewer, larger pieces. */
export async function* gather(text: AsyncIterable<string>): AsyncIterable<string> {
  let piece = ''
  for await (const part of text) {
    piece += part
    if (piece.length < PIECE_LENGTH) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
