import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publicAddresses } from '../../src/control/watching.ts';

describe('the public addresses of a camera', () => {
  const at = (place: Partial<Parameters<typeof publicAddresses>[0]>) =>
    publicAddresses(
      { domain: undefined, rtsp: undefined, rtsps: undefined, ...place },
      'bach',
      'attic',
    );
  const port = (number: number, host = 'server') => ({ host, port: number });

  it('name the account in the host where there is a domain, else in the path', () => {
    const domain = 'cctv.example.com';
    assert.deepEqual(at({ domain, rtsp: port(554), rtsps: port(322) }), [
      'rtsps://bach.cctv.example.com/attic',
      'rtsp://bach.cctv.example.com/attic',
    ]);
    assert.deepEqual(at({ rtsp: port(8554, '127.0.0.1'), rtsps: port(8322) }), [
      'rtsps://server:8322/bach/attic',
      'rtsp://127.0.0.1:8554/bach/attic',
    ]);
    assert.deepEqual(at({ rtsps: port(322, '2001:db8::7') }), ['rtsps://[2001:db8::7]/bach/attic']);
    assert.deepEqual(at({}), []);
  });
});
