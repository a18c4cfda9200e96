import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { VaultError } from '@vaultdb/core'
import { fileError, systemCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { environmentSecret, isSecretText } from './environment.ts'

/** Keys of an account, or temporary ones. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What the environment and the files of the AWS tools say. */
export interface AwsSettings {
  readonly keys: AwsKeys
  readonly region: string | undefined
}

type Section = ReadonlyMap<string, string>

/**
 * Keys and region as the AWS command line finds them: from the environment, else from the profile in `~/.aws/credentials`, else in
 * `~/.aws/config`. Profiles that get keys from elsewhere (SSO, roles, programs) are `ERR_UNAUTHORIZED`, saying how to go about it.
 */
export async function awsSettings(terminal: Terminal): Promise<AwsSettings> {
  const { env } = terminal
  const name = env.AWS_PROFILE || 'default'
  const profile = await profileOf(name, terminal)
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || profile.get('region')
  return { keys: keysOfEnvironment(terminal) ?? keysOf(profile, name), region }
}

function keysOfEnvironment(terminal: Terminal): AwsKeys | undefined {
  const accessKeyId = environmentSecret('AWS_ACCESS_KEY_ID', terminal)
  const secretAccessKey = environmentSecret('AWS_SECRET_ACCESS_KEY', terminal)
  const sessionToken = environmentSecret('AWS_SESSION_TOKEN', terminal)
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw unauthorized('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both, or neither.')
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
}

function keysOf(profile: Section, name: string): AwsKeys {
  const accessKeyId = profile.get('aws_access_key_id')
  const secretAccessKey = profile.get('aws_secret_access_key')
  const sessionToken = profile.get('aws_session_token')
  if (accessKeyId && secretAccessKey) {
    if (![accessKeyId, secretAccessKey, sessionToken || accessKeyId].every(isSecretText)) {
      throw unauthorized(`The AWS profile ${name} holds keys that cannot be any: copy them again.`)
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  }
  if (profile.size === 0) {
    const where = name === 'default' ? '' : `, and there is no profile ${name}`
    throw unauthorized(
      `No keys for S3${where}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile in ~/.aws.`,
    )
  }
  const advice = 'For SSO, roles and the like: eval "$(aws configure export-credentials --format env)".'
  throw unauthorized(`The AWS profile ${name} holds no keys. ${advice}`)
}

/** The settings of both files; those in the file of credentials win. */
async function profileOf(name: string, { env, homeDirectory, directory }: Terminal): Promise<Section> {
  const folder = join(homeDirectory, '.aws')
  const read = async (path: string): Promise<ReadonlyMap<string, Section>> => parseProfiles(await textOf(path))
  const [config, credentials] = await Promise.all([
    read(env.AWS_CONFIG_FILE ? resolve(directory, env.AWS_CONFIG_FILE) : join(folder, 'config')),
    read(
      env.AWS_SHARED_CREDENTIALS_FILE
        ? resolve(directory, env.AWS_SHARED_CREDENTIALS_FILE)
        : join(folder, 'credentials'),
    ),
  ])
  const general = config.get(name === 'default' ? 'default' : `profile ${name}`) ?? config.get(`profile ${name}`)
  return new Map([...(general ?? []), ...(credentials.get(name) ?? [])])
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return ''
    throw fileError('read', path, cause)
  }
}

/** The sections of such a file by name. Indented lines belong to nested settings, of which none concerns keys. */
export function parseProfiles(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, title] = /^\[([^\]]*)\]/.exec(line) ?? []
    if (title !== undefined) {
      const name = title.trim().replace(/\s+/g, ' ').replaceAll(/["']/g, '')
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      continue
    }
    const [, key, value = ''] = /^([^\s#;=][^=]*?)\s*=(.*)$/.exec(line) ?? []
    // A comment behind a value begins with a space: keys may hold "#".
    if (key !== undefined) section?.set(key.toLowerCase(), value.replace(/\s[#;].*$/, '').trim())
  }
  return sections
}

function unauthorized(message: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', message)
}
