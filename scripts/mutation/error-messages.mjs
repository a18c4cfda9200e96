// A plugin of Stryker: the texts of error messages are not mutated. Tests look at an error's class and code, and at the
// words that tell its cases apart; every other word of a message may change without a defect.

/** Which argument of each is text for people. @type {Readonly<Record<string, number>>} */
const MESSAGE_ARGUMENT = {
  TypeError: 0,
  RangeError: 0,
  FormatError: 0,
  VaultError: 1,
  demand: 1,
  corruptFile: 1,
  unsupportedFile: 1,
}

/**
 * @param {any} path - A NodePath of Babel.
 * @returns {boolean}
 */
const isText = (path) => path.isStringLiteral() || path.isTemplateLiteral()

/**
 * The argument, or the initializer of a `const message`, that the node is (a part of).
 * @param {any} path
 * @returns {boolean}
 */
function isMessage(path) {
  const { parentPath: parent } = path
  if (parent.isConditionalExpression() || parent.isBinaryExpression({ operator: '+' }))
    return path.key !== 'test' && isMessage(parent)
  if (parent.isVariableDeclarator()) return parent.node.id.name === 'message'
  if (path.listKey !== 'arguments') return false
  const { callee } = parent.node
  // Only classes of errors call `super` with a text here.
  return callee.type === 'Super' ? path.key === 0 : MESSAGE_ARGUMENT[callee.name] === path.key
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'error-messages',
    value: {
      /** @param {any} path */
      shouldIgnore: (path) => (isText(path) && isMessage(path) ? 'The text of an error message.' : undefined),
    },
  },
]
