import { createProcessTerminal } from './process-terminal.ts'
import { run } from './program.ts'

// Everything was written by now; what may still be open is the keyboard.
process.exit(await run(process.argv.slice(2), createProcessTerminal()))
