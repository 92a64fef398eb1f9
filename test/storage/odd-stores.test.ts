import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { createObjectStore, type ObjectStoreOptions } from '../../src/storage/object-store.ts';
import { KeptLog } from '../support/kept-log.ts';
import { type Oddities, OddStore } from '../support/odd-store.ts';
import { frontDoor, publishFootage, temporaryDirectory } from '../support/segments.ts';

const never = new AbortController().signal;

/** What comes forever, as fast as it is taken. */
function pourForever(response: ServerResponse, head: string): void {
  const piece = Buffer.alloc(65_536, ' ');
  response.write(head);
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', pour);
  pour();
}

describe('a store that is odd', () => {
  const resources = new AsyncDisposableStack();
  let spool: Spool;
  let minute = 0;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    spool = resources.use(
      await openSpool({ directory: directory.path, log: silentLog, rescanMs: 60_000 }),
    );
  });
  after(() => resources.disposeAsync());

  async function bench(oddities: Oddities, options: Partial<ObjectStoreOptions> = {}) {
    const odd = await OddStore.start(oddities);
    const log = new KeptLog();
    const store = createObjectStore(odd.options({ log, patienceMs: 2_000, ...options }));
    const publish = () => publishFootage(spool, frontDoor, minute++);
    const put = async () => store.put(await publish(), never);
    const dispose = async () => {
      store[Symbol.dispose]();
      await odd[Symbol.asyncDispose]();
    };
    return { odd, store, log, put, publish, [Symbol.asyncDispose]: dispose };
  }

  describe('in the headers that it takes', () => {
    it('gets segments though it refuses checksum headers with 400', async () => {
      await using test = await bench({ refusedHeaders: /^x-amz-(sdk-)?checksum/ });
      assert.equal((await test.put()).checksum, 'md5-etag');
      assert.deepEqual(test.odd.requests, ['PUT', 'PUT', 'HEAD', 'HEAD']);
      await test.put();
      assert.deepEqual(test.odd.requests.slice(4), ['PUT', 'HEAD']);
      const { headers } = test.odd.asked.at(-2) ?? {};
      assert.ok(headers?.['if-none-match'], 'it has lost the condition, too');
      assert.ok(headers['content-md5'], 'nothing says what the body should be');
    });

    it('gets segments though it does not say which header it refuses', async () => {
      const refused = /^(?:if-none-match|x-amz-checksum)/;
      await using test = await bench({
        refuse: ({ headers }) =>
          Object.keys(headers).some((name) => refused.test(name))
            ? { status: 400, code: 'InvalidRequest' }
            : undefined,
      });
      assert.equal((await test.put()).checksum, 'md5-etag');
      const { length } = test.odd.requests;
      await test.put();
      assert.deepEqual(test.odd.requests.slice(length), ['HEAD', 'PUT', 'HEAD']);
    });

    it('keeps its features when it refuses one object for reasons of its own', async () => {
      await using test = await bench({ keepsSha256: true });
      await test.put();
      test.odd.oddities.refuses = { status: 400, code: 'InvalidRequest' };
      await assert.rejects(test.put(), { name: 'InvalidRequest' });
      assert.equal(test.odd.requests.at(-2), 'HEAD', 'it was tried more than once');
      delete test.odd.oddities.refuses;
      assert.equal((await test.put()).checksum, 'sha256');
    });

    it('keeps its checksums when a body arrives damaged', async () => {
      await using test = await bench({ refuses: { status: 400, code: 'BadDigest' } });
      await assert.rejects(test.put(), { name: 'BadDigest' });
      assert.deepEqual(test.odd.requests, ['PUT']);
    });
  });

  describe('in its listings', () => {
    const keys = Array.from({ length: 20 }, (_, number) => `bach/shop/${100 + number}`);

    async function listed(oddities: Oddities): Promise<string[]> {
      await using test = await bench({ pageSize: 5, ...oddities });
      for (const key of keys) test.odd.hold(key, Buffer.from('x'));
      const found: string[] = [];
      for await (const page of test.store.reader.pages('bach/', { signal: never })) {
        found.push(...page.map(({ key }) => key));
      }
      return found;
    }

    it('is read to the end where it gives no token to go on', async () => {
      assert.deepEqual(await listed({}), keys);
      assert.deepEqual(await listed({ token: 'absent' }), keys);
    });

    it('has its folders read to the end, too', async () => {
      await using test = await bench({ pageSize: 2, token: 'absent' });
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        for (const key of ['1', '2', '3']) test.odd.hold(`${name}/${key}`, Buffer.from('x'));
      }
      const { folders } = await test.store.reader.folder('', never);
      assert.deepEqual(folders, ['a', 'b', 'c', 'd', 'e']);
    });

    it('is not believed where it repeats itself', async () => {
      await assert.rejects(listed({ token: 'same' }), /gives the same names again/);
      await assert.rejects(listed({ token: 'absent', ignoresStart: true }), /the same names again/);
    });

    it('is not believed where there is more and no way to go on', async () => {
      const answer = (_: unknown, response: ServerResponse) => {
        response.end('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>');
        return true;
      };
      await assert.rejects(listed({ answer }), /there is more, and gives no way to go on/);
    });

    it('is not believed where it is a page of HTML', async () => {
      await assert.rejects(listed({ page: '<html>hello</html>' }), /is none: is this an S3 store/);
    });
  });

  describe('in showing what it took', () => {
    it('is asked again with patience, and sent a segment once', async () => {
      await using test = await bench({ lateHeads: 3 });
      await test.put();
      assert.deepEqual(test.odd.requests, ['PUT', 'HEAD', 'HEAD', 'HEAD', 'HEAD']);
    });

    it('is as good a store for documents, and when it is tried first', async () => {
      await using test = await bench({});
      await test.store.documents.write('a.json', Buffer.from('one'), never);
      test.odd.oddities.lateHeads = 2;
      await test.store.documents.write('a.json', Buffer.from('two of them'), never);
      await test.store.check(never);
    });

    it('is not waited for where only its ETags differ', async () => {
      await using test = await bench({ putEtag: '"another"' }, { patienceMs: 60_000 });
      assert.equal((await test.put()).checksum, 'md5-etag');
      assert.deepEqual(test.odd.requests, ['PUT', 'HEAD']);
    });

    it('is asked before it is sent a segment again', async () => {
      await using test = await bench({ lateHeads: 5 }, { patienceMs: 300 });
      const segment = await test.publish();
      await assert.rejects(test.store.put(segment, never), /has no such object/);
      test.odd.requests.length = 0;
      for (let time = 0; time < 5; time += 1) {
        const proof = await test.store.put(segment, never).catch(() => undefined);
        if (proof !== undefined) break;
      }
      assert.equal(test.odd.requests[0], 'HEAD');
      assert.equal(test.odd.requests.at(-1), 'HEAD', 'it was never shown');
      const puts = test.odd.asked.filter(({ method }) => method === 'PUT');
      assert.ok(puts.every(({ headers }) => headers['if-none-match'] === '*'));
    });

    it('is believed by the SHA-256 of its answer to the PUT where HEAD has none', async () => {
      await using test = await bench({ etag: 'opaque' });
      test.odd.oddities.answer = ({ method }, response) => {
        const sha256 = test.odd.asked.at(-1)?.headers['x-amz-checksum-sha256'];
        if (method === 'PUT') response.setHeader('x-amz-checksum-sha256', String(sha256));
        return false;
      };
      assert.equal((await test.put()).checksum, 'sha256');
    });
  });

  describe('in the length of its answers', () => {
    for (const [what, head, status] of [
      ['a listing', '<ListBucketResult>', 200],
      ['an error', '<Error><Message>', 500],
    ] as const) {
      it(`is cut off when ${what} does not end`, async () => {
        const before = process.memoryUsage().rss;
        await using test = await bench({
          answer: (_, response) => {
            response.writeHead(status, { 'content-type': 'application/xml' });
            pourForever(response, head);
            return true;
          },
        });
        await assert.rejects(test.store.reader.folder('', never), /longer than \d+ bytes/);
        await assert.rejects(test.put(), /longer than \d+ bytes/);
        const grown = process.memoryUsage().rss - before;
        assert.ok(grown < 300_000_000, `${grown} bytes more memory`);
      });
    }

    it('is cut off when an object is longer than it was', async () => {
      await using test = await bench({ etag: 'opaque' });
      test.odd.oddities.answer = ({ method }, response) => {
        if (method !== 'GET') return false;
        pourForever(response, 'x');
        return true;
      };
      await assert.rejects(test.put(), /holds something else under that name/);
    });

    it('is cut off when it drips', async () => {
      for (const [method, status] of [
        ['GET', 200],
        ['PUT', 200],
      ] as const) {
        await using test = await bench(
          {
            answer: (asked, response) => {
              if (asked.method !== method) return false;
              response.writeHead(status, { 'content-type': 'application/xml' });
              response.write('<ListBucketResult>');
              const drip = setInterval(() => response.write(' '), 50);
              response.on('close', () => clearInterval(drip));
              return true;
            },
          },
          { stallMs: 400 },
        );
        const asking = method === 'GET' ? test.store.reader.folder('', never) : test.put();
        await assert.rejects(asking, { name: 'StalledError' });
      }
    });

    it('is cut off when the headers of an object drip', async () => {
      await using test = await bench(
        {
          answer: (_, { socket }) => {
            socket?.write('HTTP/1.1 200 OK\r\nx: ');
            const drip = setInterval(() => socket?.write('x'), 50);
            socket?.on('close', () => clearInterval(drip));
            return true;
          },
        },
        { stallMs: 300 },
      );
      await assert.rejects(test.store.reader.open('x', never), { name: 'StalledError' });
    });
  });

  describe('in what it is', () => {
    for (const page of ['', '<html>hello</html>', '<html><br></html>']) {
      it(`is no store if it answers 200 with "${page}" to everything`, async () => {
        await using test = await bench({ page });
        await assert.rejects(test.store.check(never), /gave back something else|not what an S3/);
      });
    }

    it('is no store if it keeps nothing', async () => {
      await using test = await bench({ stores: (body) => Buffer.alloc(body.length) });
      await assert.rejects(test.store.check(never), /Is the endpoint that of an S3 store/);
    });

    it('is tried with the headers that uploads use', async () => {
      await using test = await bench({
        refuse: ({ headers, method }) =>
          method === 'PUT' && 'x-amz-checksum-sha256' in headers
            ? { status: 403, code: 'AccessDenied' }
            : undefined,
      });
      await assert.rejects(test.store.check(never), /denies the access key/);
    });

    it('leaves no object of the test behind', async () => {
      await using test = await bench({});
      await test.store.check(never);
      assert.equal(test.odd.objects.size, 0);
    });

    it('is named with what to do where large packets get lost on the way', async () => {
      await using test = await bench(
        { answer: ({ bytes }) => bytes > 1_400 },
        { checkWithinMs: 1_000 },
      );
      await assert.rejects(test.store.check(never), /large ones get lost.*Lower the MTU/);
    });

    it('is quoted where a proxy before it answers with a page', async () => {
      await using test = await bench({
        answer: ({ bytes }, response) => {
          if (bytes === 0) return false;
          response.writeHead(413, { 'content-type': 'text/html' });
          response.end(
            '<html><title>413</title><br><h1>Request Entity Too Large</h1><p>ngx</html>',
          );
          return true;
        },
      });
      const error: unknown = await test.put().catch((refusal: unknown) => refusal);
      assert.match(
        test.store.explain(error),
        /takes no object of this size .*: Request Entity Too Large ngx/,
      );
    });

    it('is told apart from a lack of descriptors here', async () => {
      await using test = await bench({});
      const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
      assert.match(test.store.explain(error), /LimitNOFILE/);
      assert.equal(test.store.trouble(error).needsOperator, true);
    });
  });

  describe('in what it says of keys', () => {
    for (const code of ['ExpiredToken', 'InvalidAccessKeyId']) {
      it(`leads to new credentials when it says ${code} with 400`, async () => {
        const anew = { accessKeyId: 'new', secretAccessKey: 'secret', sessionToken: 'token' };
        await using test = await bench(
          {
            refuse: ({ headers: { authorization = '' } }) =>
              authorization.includes('Credential=new/') ? undefined : { status: 400, code },
          },
          { currentCredentials: () => anew },
        );
        await assert.rejects(test.put(), { name: code });
        await test.put();
        assert.equal(test.odd.asked.at(-1)?.headers['x-amz-security-token'], 'token');
      });
    }
  });

  describe('where the configuration names no keys', () => {
    const none = { accessKeyId: undefined, secretAccessKey: undefined } as const;

    /** Runs `task` with other variables in this process's environment. */
    async function withEnv(
      variables: Readonly<Record<string, string>>,
      task: () => Promise<void>,
    ): Promise<void> {
      const before = { ...process.env };
      for (const name of Object.keys(process.env))
        if (name.startsWith('AWS_')) delete process.env[name];
      Object.assign(
        process.env,
        { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' },
        variables,
      );
      try {
        await task();
      } finally {
        for (const name of Object.keys(variables)) delete process.env[name];
        delete process.env['AWS_EC2_METADATA_DISABLED'];
        Object.assign(process.env, before);
      }
    }

    it('gets those of the environment, and new ones when it refuses these', () =>
      withEnv({ AWS_ACCESS_KEY_ID: 'found', AWS_SECRET_ACCESS_KEY: 'secret' }, async () => {
        await using test = await bench({}, none);
        await test.put();
        const used = () => test.odd.asked.at(-1)?.headers.authorization ?? '';
        assert.match(used(), /Credential=found\//);
        process.env['AWS_ACCESS_KEY_ID'] = 'found-later';
        test.odd.oddities.refuse = ({ headers: { authorization = '' } }) =>
          authorization.includes('found-later/')
            ? undefined
            : { status: 400, code: 'ExpiredToken' };
        await assert.rejects(test.put(), { name: 'ExpiredToken' });
        await test.put();
        assert.match(used(), /Credential=found-later\//);
      }));

    it('gets those of a web identity, as in Kubernetes', async () => {
      await using sts = await OddStore.start({
        answer: (_, response) => {
          response.end(
            `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>of-the-pod</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>pods-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
          );
          return true;
        },
      });
      await using directory = await temporaryDirectory();
      const token = join(directory.path, 'token');
      await writeFile(token, 'jwt');
      const identity = {
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/cctv',
        AWS_ENDPOINT_URL_STS: sts.endpoint,
      };
      await withEnv(identity, async () => {
        await using test = await bench({}, none);
        await test.put();
        const { authorization = '', ...headers } = test.odd.asked.at(-1)?.headers ?? {};
        assert.match(authorization, /Credential=of-the-pod\//);
        assert.equal(headers['x-amz-security-token'], 'pods-token');
      });
    });

    it('is told of in plain words when there are none, and needs none to name its origin', () =>
      withEnv({}, async () => {
        await using test = await bench({}, none);
        await assert.rejects(test.store.check(never), /names no access key for the bucket/);
        assert.equal(await test.store.origin(), test.odd.endpoint);
      }));
  });

  describe('in telling the truth', () => {
    it('has a sample read back: the first of the day, and then a share', async () => {
      await using test = await bench({}, { readBack: 0 });
      assert.equal((await test.put()).checksum, 'read-back');
      assert.equal((await test.put()).checksum, 'md5-etag');
      assert.deepEqual(test.store.sampled, { right: 1, wrong: 0 });
      await using all = await bench({}, { readBack: 1 });
      for (let time = 0; time < 3; time += 1) await all.put();
      assert.deepEqual(all.store.sampled, { right: 3, wrong: 0 });
    });

    it('is caught if HEAD only echoes what was sent, and then not believed any more', async () => {
      await using test = await bench(
        { keepsSha256: true, gives: (body) => Buffer.alloc(body.length) },
        { readBack: 0 },
      );
      await assert.rejects(test.put(), /holds something else under that name/);
      await assert.rejects(test.put(), /holds something else under that name/);
      assert.deepEqual(test.store.sampled, { right: 0, wrong: 2 });
      assert.equal(test.log.lines.filter(({ level }) => level === 'error').length, 2);
    });

    it('is no liar if it can not be read now', async () => {
      await using test = await bench(
        {
          refuse: ({ method }) =>
            method === 'GET' ? { status: 503, code: 'SlowDown' } : undefined,
        },
        { readBack: 1 },
      );
      assert.equal((await test.put()).checksum, 'md5-etag');
      assert.deepEqual(test.store.sampled, { right: 0, wrong: 0 });
    });
  });
});
