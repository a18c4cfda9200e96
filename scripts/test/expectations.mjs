import { expect } from 'vitest'

// To `toMatchObject` a regular expression is an object without properties, which every text matches.
expect.addEqualityTesters([
  (_, expected) => {
    if (!(expected instanceof RegExp)) return undefined
    throw new TypeError('A regular expression stands for no text here: use expect.stringMatching().')
  },
])
