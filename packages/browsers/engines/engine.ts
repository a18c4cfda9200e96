/** The engines that the tests run in, as the projects of playwright.config.ts name them. */
export type EngineName = 'chromium' | 'firefox' | 'webkit'

/** One running engine with one fresh profile: what one of its tabs stores, all of them see. */
export interface Engine {
  /** Opens `url` in a visible tab and resolves when the page has loaded. */
  openTab(url: string): Promise<Tab>
  /**
   * Stops the service workers of the site that `tab`, the only one open, shows; or gives the engine time to do so.
   * Resolves to a tab of the same site, which may be another one than `tab`.
   */
  stopServiceWorkers(tab: Tab): Promise<Tab>
  close(): Promise<void>
}

/**
 * One browser that is used in private windows only: a session of them is like an engine with a fresh profile, and the next one
 * begins when it has ended.
 */
export interface PrivateBrowser {
  openSession(): Promise<Engine>
  close(): Promise<void>
}

/** One tab, as far as tests need it. After `kill` or `close` a call under way may reject or never settle. */
export interface Tab {
  /** Calls the page's global function `name` and awaits its result; arguments and result go through JSON. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>
  /** Ends the tab without giving its scripts another turn: by the death of its process, where the engine survives that. */
  kill(): Promise<void>
  close(): Promise<void>
}
