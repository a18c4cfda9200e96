import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function readProcess(pid: number): Process[] {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program may hold spaces and parentheses; after it come the state and the parent (proc(5)).
    const [, parent = ''] = status.slice(status.lastIndexOf(')') + 2).split(' ')
    return [{ pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }]
  } catch {
    return [] // It ended meanwhile.
  }
}

/**
 * The processes that descend from `ancestor` and whose command line `matches`. Linux only: elsewhere there are none,
 * because nothing there lists processes without a further program.
 */
export function descendants(ancestor: number, matches: (command: string) => boolean): number[] {
  if (process.platform !== 'linux') return []
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []))
  const family = new Set([ancestor])
  // A child may be listed before its parent, numbers being reused.
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  return all.filter(({ pid, command }) => family.has(pid) && matches(command)).map(({ pid }) => pid)
}

/** Ends processes at once, if they have not ended by themselves; resolves when they are gone. */
export async function killProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) while (kill(pid)) await pause(1)
}

/** Whether there was such a process still, be it only one whose parent has not noticed its end. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
