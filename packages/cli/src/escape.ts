/**
 * Control characters (C0, DEL, C1), line separators, lone surrogates and what changes the direction of text: a name that holds
 * them could move the cursor, rewrite what stands above it or pass for another name (Unicode TR 36, section 3).
 */
const UNSAFE =
  /[\p{Cc}\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A name or a path as it can be shown on one line of a terminal. */
export function escapeName(name: string): string {
  return name.replace(UNSAFE, escaped)
}

/** Text of several lines for a terminal: line feeds and tabs stay, what could act on the terminal does not. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => (char === '\n' || char === '\t' ? char : escaped(char)))
}
