/**
 * Asks the browser not to remove what the origin keeps (Storage Standard, section 4.5); whether it has promised that,
 * `undefined` where it cannot be asked. In Firefox the answer is a person's.
 */
export function persist(): Promise<boolean | undefined> | undefined {
  const { navigator } = globalThis as { readonly navigator?: { readonly storage?: Partial<StorageManager> } }
  const storage = navigator?.storage // missing on plain-http pages
  // Workers cannot ask; they can see what a page was promised.
  return storage?.persist?.() ?? storage?.persisted?.().then((granted) => granted || undefined)
}
