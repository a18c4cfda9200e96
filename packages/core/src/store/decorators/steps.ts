import type { ListedBlob } from '../contract.ts'

/** Sends one step of a listing, or does not. */
export type SendStep = (
  next: () => Promise<IteratorResult<ListedBlob, unknown>>,
) => Promise<IteratorResult<ListedBlob, unknown>>

/**
 * The listing `listing`, each step of it by way of `send`. Between two steps nothing is held: whoever iterates may take their
 * time, and may send other requests meanwhile.
 */
export async function* stepByStep(
  listing: AsyncIterable<ListedBlob>,
  send: SendStep,
): AsyncGenerator<ListedBlob, void, undefined> {
  const iterator = listing[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await send(() => iterator.next())
      if (step.done) return
      yield step.value
    }
  } finally {
    await iterator.return?.()
  }
}
