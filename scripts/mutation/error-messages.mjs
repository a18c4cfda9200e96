// A plugin of Stryker: text for people is not mutated, which in the engine is the messages of errors. Tests look at an
// error's class and code, and at the words that tell its cases apart; the others may change without a defect.

/**
 * Text of three or more words. Nothing that is stored, compared or looked up has blanks between words.
 * @param {any} path - A NodePath of Babel.
 */
function isProse({ node }) {
  const text =
    node.type === 'StringLiteral'
      ? node.value
      : node.type === 'TemplateLiteral'
        ? node.quasis.map((/** @type {any} */ { value }) => value.raw).join('…')
        : ''
  return text.split(' ').filter((/** @type {string} */ word) => /\p{L}/u.test(word)).length >= 3
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'error-messages',
    value: {
      /** @param {any} path */
      shouldIgnore: (path) => (isProse(path) ? 'The text of an error message.' : undefined),
    },
  },
]
