/** Opens an address in the person's browser. Where that cannot be, nothing happens: they have the address too. */
export async function openBrowser(url: string): Promise<void> {
  // Loaded only where it is wanted.
  const { default: open } = await import('open')
  try {
    const opening = await open(url)
    opening.on('error', () => undefined)
  } catch {
    // No browser here, or none that can be found.
  }
}
