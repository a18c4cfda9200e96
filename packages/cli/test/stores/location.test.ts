import { describe, expect, it } from 'vitest'
import { CommandError } from '../../src/exit-codes.ts'
import { parseLocation } from '../../src/stores/location.ts'

/** What is thrown for a text that is no location. */
function refusalOf(text: string): CommandError {
  try {
    parseLocation(text, '/')
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
  throw new Error('It was taken for a location.')
}

describe('a location', () => {
  it.each([
    ['file:./vault', { kind: 'file', folder: '/home/ada/vault' }],
    ['file:my %20 vault', { kind: 'file', folder: '/home/ada/my %20 vault' }],
    ['file:/srv/vault', { kind: 'file', folder: '/srv/vault' }],
    ['file:///srv/my%20vault', { kind: 'file', folder: '/srv/my vault' }],
    ['file://localhost/srv', { kind: 'file', folder: '/srv' }],
    ['FILE:x', { kind: 'file', folder: '/home/ada/x' }],
    ['dropbox:', { kind: 'dropbox', folder: '' }],
    ['dropbox:/', { kind: 'dropbox', folder: '' }],
    ['dropbox:/vaults/my%20own/', { kind: 'dropbox', folder: '/vaults/my own' }],
    ['dropbox:///a@b', { kind: 'dropbox', folder: '/a@b' }],
    [
      'remotestorage:ada@Storage.Example/notes/vault',
      { kind: 'remotestorage', userAddress: 'ada@storage.example', path: 'notes/vault' },
    ],
    ['remotestorage://ada@[::1]:8000/notes/', { kind: 'remotestorage', userAddress: 'ada@[::1]:8000', path: 'notes' }],
    ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
    ['s3://Bu_cket/a/b/', { kind: 's3', bucket: 'Bu_cket', prefix: 'a/b' }],
    ['s3://bucket/a?region=eu-central-1', { kind: 's3', bucket: 'bucket', prefix: 'a', region: 'eu-central-1' }],
    [
      's3://bucket/a?endpoint=https://s3.example:9000/x&addressing=virtual-host',
      { kind: 's3', bucket: 'bucket', prefix: 'a', endpoint: 'https://s3.example:9000/x', addressing: 'virtual-host' },
    ],
    [
      's3://bucket?endpoint=http%3A%2F%2F127.0.0.1%3A9000',
      { kind: 's3', bucket: 'bucket', prefix: '', endpoint: 'http://127.0.0.1:9000' },
    ],
  ])('%s', (text, location) => {
    expect(parseLocation(text, '/home/ada')).toEqual(location)
  })

  it.each([
    '',
    './hunter2',
    'hunter2:x',
    'https://bucket.s3.amazonaws.com/hunter2',
    'file:',
    'file://hunter2/srv',
    'dropbox:hunter2',
    'dropbox://hunter2/x',
    'dropbox:/hunter2%',
    'dropbox:/x#hunter2',
    'remotestorage:hunter2',
    'remotestorage:ada@hunter2',
    'remotestorage:ada@hunter2/',
    'remotestorage:ada@hunter2:x/notes',
    'remotestorage:@hunter2/notes',
    's3:hunter2',
    's3://?region=hunter2',
    's3://hunter2?region=a/b',
    's3://hunter2?region=a&region=b',
    's3://hunter2?addressing=dns',
    's3://hunter2?endpoint=s3.example',
    's3://hunter2?endpoint=ftp://s3.example',
    's3://hunter2?endpoint=https://s3.example?a=b',
    's3://bucket/#hunter2',
  ])('cannot be %j, which is not repeated', (text) => {
    const error = refusalOf(text)
    expect(error).toMatchObject({ exitCode: 2, message: expect.not.stringContaining('hunter2') })
    expect(error.cause).toBeUndefined()
  })
})

describe('credentials in a location', () => {
  it.each([
    'file://ada:hunter2@localhost/srv',
    'dropbox://hunter2@/folder',
    'dropbox:/folder?token=hunter2',
    'dropbox:/folder#access_token=hunter2',
    'remotestorage:ada:hunter2@storage.example/notes',
    'remotestorage:hunter2@ada@storage.example/notes',
    'remotestorage:ada@storage.example/notes?token=hunter2',
    's3://AKIA:hunter2@bucket/prefix',
    's3://AKIA:hun/ter2@bucket/prefix',
    's3://hunter2@bucket',
    's3://bucket?secret=hunter2',
    's3://bucket?hunter2',
    's3://bucket?endpoint=https://AKIA:hunter2@s3.example',
  ])('%s: refused with what to do, and not repeated', (text) => {
    const error = refusalOf(text)
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('environment') })
    expect(error.message).not.toMatch(/hun|ter2/)
    expect(error.cause).toBeUndefined()
  })
})
