import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publicAddresses } from '../../src/console/watching.ts';

describe('the public addresses of a camera', () => {
  const at = (place: Partial<Parameters<typeof publicAddresses>[0]>) =>
    publicAddresses(
      { domain: undefined, host: 'server', port: undefined, portTls: undefined, ...place },
      'bach',
      'attic',
    );

  it('name the account in the host where there is a domain, else in the path', () => {
    assert.deepEqual(at({ domain: 'cctv.example.com', port: 554, portTls: 322 }), [
      'rtsps://bach.cctv.example.com/attic',
      'rtsp://bach.cctv.example.com/attic',
    ]);
    assert.deepEqual(at({ port: 8554 }), ['rtsp://server:8554/bach/attic']);
    assert.deepEqual(at({ host: '2001:db8::7', portTls: 322 }), [
      'rtsps://[2001:db8::7]/bach/attic',
    ]);
    assert.deepEqual(at({}), []);
  });
});
