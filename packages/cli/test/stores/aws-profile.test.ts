import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AwsSettings, awsSettings, parseProfiles } from '../../src/stores/aws-profile.ts'
import { createFakeTerminal } from '../fake-terminal.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const CREDENTIALS = `# the usual file
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key=a/b+c=d#e
  aws_session_token = of a nested setting

[ team ]
AWS_ACCESS_KEY_ID = AKTEAM ; a comment
aws_secret_access_key = team-secret
aws_session_token = team-session
`
const CONFIG = `[default]
region = eu-central-1
[profile team]\r
region = eu-west-3\r
aws_access_key_id = AKOLD
s3 =
    max_concurrent_requests = 20
[profile "web"]
sso_session = company
region = us-west-2
`

/** The settings with the usual files (and others, by name) in a home directory. */
async function settings(env: Record<string, string> = {}, files: Record<string, string> = {}): Promise<AwsSettings> {
  const homeDirectory = await temporaryFolder()
  await mkdir(join(homeDirectory, '.aws'))
  const all = { '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG, ...files }
  for (const [name, text] of Object.entries(all)) await writeFile(join(homeDirectory, name), text)
  return awsSettings(createFakeTerminal({ homeDirectory, directory: homeDirectory, env }))
}

const KEYS = { AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 'env-secret' }

describe('keys for S3', () => {
  it('come from the default profile', async () => {
    expect(await settings()).toEqual({
      keys: { accessKeyId: 'AKDEFAULT', secretAccessKey: 'a/b+c=d#e' },
      region: 'eu-central-1',
    })
  })

  it('come from another profile, whose keys in the file of credentials win', async () => {
    expect(await settings({ AWS_PROFILE: 'team' })).toEqual({
      keys: { accessKeyId: 'AKTEAM', secretAccessKey: 'team-secret', sessionToken: 'team-session' },
      region: 'eu-west-3',
    })
  })

  it('come from the environment first, temporary ones too', async () => {
    const keys = { accessKeyId: 'AKENV', secretAccessKey: 'env-secret' }
    expect(await settings({ ...KEYS, AWS_PROFILE: 'team' })).toEqual({ keys, region: 'eu-west-3' })
    expect(await settings({ ...KEYS, AWS_SESSION_TOKEN: 'env-session', AWS_REGION: 'ap-east-1' })).toEqual({
      keys: { ...keys, sessionToken: 'env-session' },
      region: 'ap-east-1',
    })
    expect((await settings({ ...KEYS, AWS_DEFAULT_REGION: 'sa-east-1' })).region).toBe('sa-east-1')
  })

  it('come from other files where the environment names them', async () => {
    const files = { mine: '[default]\naws_access_key_id=AKMINE\naws_secret_access_key=mine\n', config: '' }
    const env = { AWS_SHARED_CREDENTIALS_FILE: 'mine', AWS_CONFIG_FILE: './config' }
    expect(await settings(env, files)).toEqual({
      keys: { accessKeyId: 'AKMINE', secretAccessKey: 'mine' },
      region: undefined,
    })
  })

  it.each([
    ['half of a pair', { AWS_ACCESS_KEY_ID: 'AKENV' }, 'belong together'],
    ['a line end', { ...KEYS, AWS_SECRET_ACCESS_KEY: 'env-secret\n' }, 'AWS_SECRET_ACCESS_KEY holds no key'],
    ['a profile that is not there', { AWS_PROFILE: 'nobody' }, 'no profile nobody'],
    ['a profile of SSO', { AWS_PROFILE: 'web' }, 'aws configure export-credentials'],
  ])('%s is ERR_UNAUTHORIZED, and says what to do', async (_name, env, advice) => {
    const refused = { code: 'ERR_UNAUTHORIZED', message: expect.stringContaining(advice) }
    await expect(settings(env)).rejects.toMatchObject(refused)
    await expect(settings(env)).rejects.toMatchObject({ message: expect.not.stringContaining('secret\n') })
  })

  it('that cannot be any are refused without being repeated', async () => {
    const credentials = '[default]\naws_access_key_id = AK\naws_secret_access_key = hünter2\n'
    await expect(settings({}, { '.aws/credentials': credentials })).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.not.stringContaining('nter2'),
    })
  })
})

it('a profile that stands in two places is one; what belongs to none is left out', () => {
  const sections = parseProfiles('lost = 1\n[a]\nx = 1\n[b]\n[a]\ny = 2\n=3\nnothing\n')
  expect(Object.fromEntries([...sections].map(([name, section]) => [name, Object.fromEntries(section)]))).toEqual({
    a: { x: '1', y: '2' },
    b: {},
  })
})
