import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../../src/lib/child.ts';
import { ceph } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import type { S3Server } from './s3-server.ts';
import { freePorts } from '../support/ports.ts';

const readyWithinMs = 90_000;
const userId = 'owner';

export interface CephServer extends S3Server {
  /** Puts another secret in the place of {@link secretAccessKey}; the access key stays. */
  rotateSecret(): Promise<void>;
}

/**
 * A real S3-compatible server (Ceph: monitor, storage daemon and RADOS gateway), answering by the time
 * it is returned. A second witness beside Swift, and unlike it in much: it puts conditionally without a
 * race, checks and keeps SHA-256, and its keys can be changed while it runs. Its data is lost with it.
 * It dies with this process.
 *
 * @param directory a new one; holds all data and needs room for it
 */
export async function startCephServer({
  directory,
}: {
  readonly directory: string;
}): Promise<CephServer> {
  await using children = new AsyncDisposableStack();
  const [monitorPort = 0, gatewayPort = 0] = await freePorts(2);
  const clusterId = randomUUID();
  const inside = (name: string) => join(directory, name);
  await mkdir(inside('monitor'), { recursive: true });
  await mkdir(inside('storage'));
  await writeFile(inside('ceph.conf'), configuration(directory, clusterId, monitorPort));

  const life = new AbortController();
  const starting = AbortSignal.any([life.signal, AbortSignal.timeout(readyWithinMs)]);
  const run = (program: string, ...args: string[]) =>
    promisify(execFile)(join(ceph().programs, program), ['-c', inside('ceph.conf'), ...args], {
      signal: starting.aborted ? life.signal : starting,
    });
  const started: Child[] = [];
  const serve = (program: string, ...args: string[]): Child => {
    const child = new Child({
      name: program,
      file: join(ceph().programs, program),
      args: ['-c', inside('ceph.conf'), '-f', ...args],
      // Asked politely, the gateway takes half a minute; and nobody will want the data.
      graceMs: 0,
    });
    started.push(child);
    return children.use(child);
  };
  /** Fails as soon as a server has died, which the programs that talk to it would wait for. */
  const whileServing = <T>(work: Promise<T>): Promise<T> => {
    const died = started.map((child) =>
      child.ended(starting).then(() => {
        throw starting.reason;
      }),
    );
    return Promise.race([work, ...died]) as Promise<T>;
  };

  const keys = inside('keyring');
  const capable = (name: string, ...capabilities: string[]) =>
    run('ceph-authtool', keys, '--gen-key', '-n', name, ...capabilities);
  await run('ceph-authtool', '--create-keyring', keys);
  await capable('mon.', '--cap', 'mon', 'allow *');
  await capable('client.admin', ...['mon', 'osd', 'mgr'].flatMap((at) => ['--cap', at, 'allow *']));
  await capable('osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
  const address = `[v2:127.0.0.1:${monitorPort}/0]`;
  const monitors = inside('monitors');
  await run('monmaptool', '--create', '--addv', 'a', address, '--fsid', clusterId, monitors);
  // With the storage daemon in the first map, nobody has to introduce it.
  await run('osdmaptool', '--createsimple', '1', inside('storage-map'));
  const monitor = ['-i', 'a', '--monmap', monitors, '--keyring', keys];
  await run('ceph-mon', '--mkfs', ...monitor, '--osdmap', inside('storage-map'));
  serve('ceph-mon', '-i', 'a');
  await whileServing(run('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', randomUUID()));
  serve('ceph-osd', '-i', '0');
  const accessKeyId = 'trial-owner';
  let secretAccessKey = randomBytes(20).toString('hex');
  const user = ['--uid', userId, '--display-name', userId];
  const key = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
  await whileServing(run('radosgw-admin', 'user', 'create', ...user, ...key));
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const frontend = `beast endpoint=127.0.0.1:${gatewayPort}`;
  const gateway = serve('radosgw', '-n', 'client.admin', '--rgw-frontends', frontend);
  const answer = () => fetch(endpoint).then(({ ok }) => ok);
  await whileServing(eventually('an answer of Ceph', 30_000, answer));

  const servers = children.move();
  const stop = async () => {
    life.abort();
    await servers.disposeAsync();
  };
  return {
    endpoint,
    region: 'us-east-1',
    accessKeyId,
    get secretAccessKey() {
      return secretAccessKey;
    },
    pid: gateway.pid ?? 0,
    ended: async (until) => {
      await Promise.race(started.map((child) => child.ended(until)));
    },
    rotateSecret: async () => {
      const secret = randomBytes(20).toString('hex');
      const replaced = ['--access-key', accessKeyId, '--secret-key', secret];
      await run('radosgw-admin', 'key', 'create', '--uid', userId, ...replaced);
      secretAccessKey = secret;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** As small and as quick as it gets: one copy of each thing, and no waiting for more to do at once. */
const configuration = (directory: string, clusterId: string, monitorPort: number) => `[global]
fsid = ${clusterId}
mon host = [v2:127.0.0.1:${monitorPort}/0]
public network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind ipv6 = false

run dir = ${directory}
crash dir = ${directory}
admin socket =
pid file =
log file =
log to stderr = false
err to stderr = true
mon cluster log to file = false
keyring = ${directory}/keyring
mon data = ${directory}/monitor
osd data = ${directory}/storage
plugin dir = ${ceph().libraries}/ceph
erasure code dir = ${ceph().libraries}/ceph/erasure-code
osd class dir = ${ceph().libraries}/rados-classes

osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.02
paxos min wait = 0.01

rgw exit timeout secs = 1
# A day of a bucket's rules takes this many seconds.
rgw lc debug interval = 2
osd op queue = wpq
osd mclock skip benchmark = true
bluestore block size = 20000000000
bluestore cache autotune = false
bluestore cache size = 67108864
`;
