// A real S3 service on the loopback interface: one Ceph monitor, one object store in memory, one gateway.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** How to reach the service. */
export interface CephAccess {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Its configuration, for `radosgw-admin`. */
  readonly configuration: string
}

/** A running service. */
export interface Ceph {
  readonly access: CephAccess
  stop(): Promise<void>
}

const POLL_MS = 200
const START_TIMEOUT_MS = 120_000
const STORE_BYTES = 1024 ** 3

const execute = promisify(execFile)

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, args, { timeout: 60_000 })
  return stdout
}

/** Runs `radosgw-admin`, which administers users, quotas and buckets. */
export function administer(configuration: string, ...args: readonly string[]): Promise<string> {
  return run('radosgw-admin', '-c', configuration, ...args)
}

/** Ports that nobody listens on just now. Ceph cannot be asked which ones it has got, so they are chosen for it. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`Ceph: ${what} did not come up.`)
    await sleep(POLL_MS)
  }
}

interface Place {
  readonly folder: string
  readonly configuration: string
  readonly clusterId: string
  readonly monitorAddress: string
  readonly endpoint: string
}

/** As small as it gets: no replicas, no authentication beyond keys, everything in memory and on 127.0.0.1. */
function configure(folder: string, [v1, v2, gateway]: readonly number[]): Place {
  const configuration = join(folder, 'ceph.conf')
  const clusterId = randomUUID()
  const monitorAddress = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`
  for (const name of ['monitor', 'store', 'gateway']) mkdirSync(join(folder, name))
  const lines = [
    '[global]',
    `fsid = ${clusterId}`,
    `mon host = ${monitorAddress}`,
    'public addr = 127.0.0.1',
    'cluster addr = 127.0.0.1',
    'ms bind ipv6 = false',
    'auth allow insecure global id reclaim = false',
    'mon allow pool size one = true',
    'mon warn on pool no redundancy = false',
    'mon data avail crit = 1',
    'mon data avail warn = 1',
    'mon max pg per osd = 1000',
    'osd pool default size = 1',
    'osd pool default min size = 1',
    'osd pool default pg num = 8',
    'osd pool default pgp num = 8',
    'osd pool default pg autoscale mode = off',
    'osd crush chooseleaf type = 0',
    'osd objectstore = memstore',
    `memstore device bytes = ${STORE_BYTES}`,
    `keyring = ${folder}/keyring`,
    `log file = ${folder}/$name.log`,
    `admin socket = ${folder}/$name.asok`,
    `run dir = ${folder}`,
    'pid file =',
    '[mon.a]',
    `mon data = ${folder}/monitor`,
    '[osd.0]',
    `osd data = ${folder}/store`,
    `keyring = ${folder}/store/keyring`,
    '[client.rgw]',
    `rgw frontends = beast endpoint=127.0.0.1:${gateway}`,
    'rgw enable apis = s3',
    'rgw dns name = localhost',
    `rgw data = ${folder}/gateway`,
    'rgw thread pool size = 64',
  ]
  writeFileSync(configuration, `${lines.join('\n')}\n`)
  return { folder, configuration, clusterId, monitorAddress, endpoint: `http://127.0.0.1:${gateway}` }
}

/** The daemons, which end with this process however it ends. */
class Daemons {
  readonly #folder: string
  readonly #running: ChildProcess[] = []
  readonly #killAll = (): void => {
    for (const daemon of this.#running) daemon.kill('SIGKILL')
  }

  constructor(folder: string) {
    this.#folder = folder
    process.once('exit', this.#killAll)
  }

  start(...command: readonly string[]): void {
    // The kernel kills it when this process was killed itself.
    this.#running.push(spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio: 'ignore' }))
  }

  /** What the daemons complain of, for the error of a start that failed. */
  complaints(): string {
    const logs = ['mon.a', 'osd.0', 'client.rgw'].map((name) => join(this.#folder, `${name}.log`)).filter(existsSync)
    return logs.map((path) => `${path}:\n${readFileSync(path, 'utf8').slice(-2000)}`).join('\n')
  }

  async stop(): Promise<void> {
    const alive = this.#running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const ended = alive.map((daemon) => new Promise((resolve) => daemon.once('close', resolve)))
    this.#killAll()
    process.off('exit', this.#killAll)
    await Promise.all(ended)
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function startMonitor(
  { folder, configuration, clusterId, monitorAddress }: Place,
  daemons: Daemons,
): Promise<void> {
  const keyring = join(folder, 'keyring')
  const map = join(folder, 'monmap')
  await run('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *')
  for (const name of ['client.admin', 'client.rgw']) {
    const caps = ['mon', 'osd', 'mgr'].flatMap((kind) => ['--cap', kind, 'allow *'])
    await run('ceph-authtool', keyring, '--gen-key', '-n', name, ...caps)
  }
  await run('monmaptool', '--create', '--clobber', '--fsid', clusterId, '--addv', 'a', monitorAddress, map)
  await run('ceph-mon', '-c', configuration, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring)
  daemons.start('ceph-mon', '-c', configuration, '-i', 'a', '-f')
}

async function startStore({ folder, configuration }: Place, daemons: Daemons): Promise<void> {
  const id = randomUUID()
  const keyring = join(folder, 'store', 'keyring')
  await run('ceph', '-c', configuration, 'osd', 'new', id)
  await run('ceph-authtool', keyring, '--create-keyring', '--gen-key', '-n', 'osd.0')
  await run(
    'ceph',
    '-c',
    configuration,
    'auth',
    'add',
    'osd.0',
    'mon',
    'allow profile osd',
    'osd',
    'allow *',
    '-i',
    keyring,
  )
  await run('ceph-osd', '-c', configuration, '-i', '0', '--mkfs', '--osd-uuid', id)
  daemons.start('ceph-osd', '-c', configuration, '-i', '0', '-f')
  await until('the object store', async () => (await run('ceph', '-c', configuration, 'osd', 'stat')).includes('1 up'))
}

async function startGateway({ configuration, endpoint }: Place, daemons: Daemons): Promise<void> {
  daemons.start('radosgw', '-c', configuration, '-n', 'client.rgw', '-f')
  await until('the gateway', async () => (await fetch(endpoint)).status > 0)
}

/** Starts the service; takes some fifteen seconds. */
export async function startCeph(): Promise<Ceph> {
  const folder = mkdtempSync(join(tmpdir(), 'vaultdb-ceph-'))
  const place = configure(folder, await freePorts(3))
  const daemons = new Daemons(folder)
  try {
    await startMonitor(place, daemons)
    await startStore(place, daemons)
    await startGateway(place, daemons)
    const keys = { accessKeyId: `AK${randomUUID()}`, secretAccessKey: `SK${randomUUID()}` }
    const { accessKeyId, secretAccessKey } = keys
    const user = [
      '--uid=owner',
      '--display-name=owner',
      `--access-key=${accessKeyId}`,
      `--secret-key=${secretAccessKey}`,
    ]
    await administer(place.configuration, 'user', 'create', ...user)
    const access = { endpoint: place.endpoint, ...keys, configuration: place.configuration }
    return { access, stop: () => daemons.stop() }
  } catch (error) {
    const complaints = daemons.complaints()
    await daemons.stop()
    throw new Error(`Ceph could not be started.\n${complaints}`, { cause: error })
  }
}
