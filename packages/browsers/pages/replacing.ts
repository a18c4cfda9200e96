/** Gives `owner` another property as long as `work` takes. */
export async function replacing(
  owner: object,
  property: string,
  descriptor: PropertyDescriptor,
  work: () => Promise<void>,
): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(owner, property)
  Object.defineProperty(owner, property, { ...descriptor, configurable: true })
  try {
    await work()
  } finally {
    if (original === undefined) Reflect.deleteProperty(owner, property)
    else Object.defineProperty(owner, property, original)
  }
}
