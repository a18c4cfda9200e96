import type { Progress } from '@vaultdb/core'
import type { Bar, Terminal } from './terminal.ts'

/** Shows how far a long operation has come, if there is somebody to see it. */
export interface ProgressDisplay {
  /** For `onProgress` of the database. */
  report(progress: Progress): void
  /** Takes the bar away, so that other text can follow. */
  stop(): void
}

/** Work shorter than this shows no bar. */
const PATIENCE_MS = 1000

const LABELS: Readonly<Record<Progress['phase'], string>> = {
  'derive-key': 'Deriving the key',
  read: 'Reading',
  write: 'Writing',
}

/** A bar on standard error that appears once the work has lasted longer than a second; nothing where that is no terminal. */
export function createProgress(terminal: Terminal): ProgressDisplay {
  const startedMs = terminal.runtime.monotonicMs()
  let bar: Bar | undefined
  let phase: Progress['phase'] | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    report(progress) {
      if (!terminal.stderr.isTerminal || terminal.runtime.monotonicMs() - startedMs < PATIENCE_MS) return
      if (phase !== progress.phase) stop()
      phase = progress.phase
      bar ??= terminal.startBar(LABELS[progress.phase], progress.total)
      bar.update(progress.done, progress.total)
    },
    stop,
  }
}
