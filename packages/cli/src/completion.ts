import type { Command, Option } from 'commander'
import { SERVICES } from './stores/services.ts'

/** Shells that a completion script can be made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number]

/** Commands whose operand is one of a few words. */
const OPERANDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['completion', SHELLS],
  ['sign-in', SERVICES],
  ['sign-out', SERVICES],
])

/** What the scripts know of one command, taken from the parser so that they cannot differ from it. */
interface CommandWords {
  readonly name: string
  readonly description: string
  readonly options: readonly OptionWords[]
  /** Whether operands name files of this machine, and not documents. */
  readonly takesFiles: boolean
  /** Operands that there are no others of. */
  readonly operands: readonly string[]
}

interface OptionWords {
  readonly flag: string
  readonly description: string
  readonly values: 'none' | 'files' | 'any' | readonly string[]
}

/** A script that, when the shell runs it, completes commands, options, their values, and files where files are meant. */
export function completionScript(program: Command, shell: Shell): string {
  const common = program.options.filter((option) => !option.hidden).map(wordsOfOption)
  const commands = program.commands.map((command) => wordsOf(command, common))
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands)
}

function wordsOf(command: Command, common: readonly OptionWords[]): CommandWords {
  const own = command.options.filter((option) => !option.hidden).map(wordsOfOption)
  return {
    name: command.name(),
    description: command.description(),
    options: [...own, ...common.filter(({ flag }) => flag !== '--version')],
    takesFiles: command.registeredArguments.some((argument) => argument.name() === 'file'),
    operands: OPERANDS.get(command.name()) ?? [],
  }
}

function wordsOfOption(option: Option): OptionWords {
  const takesFile = option.flags.endsWith('<file>')
  const values = option.argChoices ?? (takesFile ? 'files' : option.required ? 'any' : 'none')
  return { flag: option.long ?? option.short ?? '', description: option.description, values }
}

const takesValue = ({ values }: OptionWords): boolean => values !== 'none'

function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const cases = commands.map(
    ({ name, options, takesFiles, operands }) =>
      `    ${name}) words='${[...options.map(({ flag }) => flag), ...operands].join(' ')}'; files=${takesFiles ? 1 : 0} ;;`,
  )
  return `# vaultdb completion for bash: source <(vaultdb completion bash)
_vaultdb() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' skip=0 index word words files
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if ((skip)); then skip=0; continue; fi
    case "$word" in
      ${valueFlags(commands).join('|')}) skip=1 ;;
      -*) ;;
      *) command="$word"; break ;;
    esac
  done
  case "$previous" in
${valueCases(commands)}
  esac
  case "$command" in
    '') words='${names} --help --version'; files=0 ;;
${cases.join('\n')}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words --help" -- "$current"))
  if [[ $files == 1 && $current != -* ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -o bashdefault -F _vaultdb vaultdb
`
}

function allOptions(commands: readonly CommandWords[]): OptionWords[] {
  return [...new Map(commands.flatMap(({ options }) => options).map((option) => [option.flag, option])).values()]
}

function valueFlags(commands: readonly CommandWords[]): string[] {
  return allOptions(commands)
    .filter(takesValue)
    .map(({ flag }) => flag)
}

function valueCases(commands: readonly CommandWords[]): string {
  const lines = allOptions(commands)
    .filter(takesValue)
    .map(({ flag, values }) => {
      const reply =
        values === 'files' ? 'compgen -f' : Array.isArray(values) ? `compgen -W '${values.join(' ')}'` : null
      return `    ${flag}) ${reply === null ? '' : `COMPREPLY=($(${reply} -- "$current")); `}return ;;`
    })
  return lines.join('\n')
}

/** In single quotes, where only the quote itself needs care; colons and brackets mean something to zsh's `_arguments`. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const forZsh = (text: string): string => text.replace(/[:[\]\\]/g, (char) => `\\${char}`)

function zshScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, description }) => `    ${quote(`${forZsh(name)}:${forZsh(description)}`)}`)
  const cases = commands.map(({ name, options, takesFiles, operands }) => {
    const specs = options.map((option) => quote(`${option.flag}[${forZsh(option.description)}]${zshValue(option)}`))
    if (takesFiles) specs.push("'*:file:_files'")
    if (operands.length > 0) specs.push(quote(`*:value:(${operands.join(' ')})`))
    return `    ${name}) _arguments '--help[show help]' ${specs.join(' ')} ;;`
  })
  return `#compdef vaultdb
# vaultdb completion for zsh: put this into a file named _vaultdb in a directory of $fpath, or: source <(vaultdb completion zsh)
_vaultdb() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _vaultdb ]]; then _vaultdb "$@"; else compdef _vaultdb vaultdb; fi
`
}

function zshValue({ values }: OptionWords): string {
  if (values === 'none') return ''
  if (values === 'files') return ':file:_files'
  return typeof values === 'string' ? ':value: ' : `:value:(${values.join(' ')})`
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, options, takesFiles, operands }) => {
    const inCommand = `complete -c vaultdb -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c vaultdb -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
      ...(takesFiles ? [] : [`${inCommand} -f${operands.length > 0 ? ` -a '${operands.join(' ')}'` : ''}`]),
      ...options.map(
        (option) => `${inCommand} -l ${option.flag.slice(2)}${fishValue(option)} -d ${quote(option.description)}`,
      ),
    ]
  })
  return `# vaultdb completion for fish: vaultdb completion fish > ~/.config/fish/completions/vaultdb.fish\n${lines.join('\n')}\n`
}

function fishValue({ values }: OptionWords): string {
  if (values === 'none') return ''
  if (values === 'files') return ' -r -F'
  return typeof values === 'string' ? ' -x' : ` -x -a '${values.join(' ')}'`
}
