import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locate } from '../../src/gateway/place.ts';

const find = (url: string, serverName?: string, domain: string | undefined = 'cctv.example') => {
  const place = locate(url, { domain, serverName });
  return place && [place.account, place.camera, place.track ?? 0, place.url].join(' ');
};

describe('the place that a URL names', () => {
  const found: readonly (readonly [string, string])[] = [
    ['rtsp://bach.cctv.example/front', 'bach front 0 rtsp://bach.cctv.example/front'],
    ['rtsp://bach.cctv.example/front/', 'bach front 0 rtsp://bach.cctv.example/front'],
    [
      'rtsp://bach.cctv.example:8554/front/track2',
      'bach front 2 rtsp://bach.cctv.example:8554/front',
    ],
    ['RTSPS://Bach.CCTV.example/front', 'bach front 0 rtsps://bach.cctv.example/front'],
    ['rtsp://bach.cctv.example./front', 'bach front 0 rtsp://bach.cctv.example/front'],
    ['rtsp://cctv.example/bach/front', 'bach front 0 rtsp://cctv.example/bach/front'],
    ['rtsp://192.0.2.1:554/bach/front/track1', 'bach front 1 rtsp://192.0.2.1:554/bach/front'],
    ['rtsp://[2001:db8::1]/bach/front', 'bach front 0 rtsp://[2001:db8::1]/bach/front'],
    ['rtsp://u:p@bach.cctv.example/front', 'bach front 0 rtsp://bach.cctv.example/front'],
    ['rtsp://h/track1/track2', 'track1 track2 0 rtsp://h/track1/track2'],
  ];
  for (const [url, place] of found) {
    it(`is found in ${url}`, () => assert.equal(find(url), place));
  }

  const nowhere = [
    'rtsp://bach.cctv.example',
    'rtsp://bach.cctv.example/',
    'rtsp://cctv.example/bach',
    'rtsp://bach.cctv.example//front',
    'rtsp://bach.cctv.example/front//',
    'rtsp://bach.cctv.example/./front',
    'rtsp://bach.cctv.example/../mozart/front',
    'rtsp://bach.cctv.example/%66ront',
    'rtsp://bach.cctv.example/front%2f',
    'rtsp://cctv.example/bach%2ffront',
    'rtsp://cctv.example/bach/%2e%2e/mozart/front',
    'rtsp://cctv.example/bach\\front',
    'rtsp://bach.cctv.example/Front',
    'rtsp://bach.cctv.example/front?camera=back',
    'rtsp://bach.cctv.example/front#back',
    'rtsp://bach.cctv.example/front/track0',
    'rtsp://bach.cctv.example/front/track9',
    'rtsp://bach.cctv.example/front/track1/track1',
    'rtsp://bach.cctv.example/bach/front',
    'rtsp://a.bach.cctv.example/front',
    'rtsp://-.cctv.example/front',
    'rtsp://.cctv.example/front',
    'rtsp://bach@mozart@cctv.example/bach/front',
    'rtsp://mozart.cctv.example/x@bach.cctv.example/front',
    'rtsp://bàch.cctv.example/front',
    'rtsp://bach.cctv.example:port/front',
    'rtsp://bach.cctv.example:123456/front',
    'rtsp:///bach/front',
    'http://bach.cctv.example/front',
    '/bach/front',
    '*',
    '',
  ];
  for (const url of nowhere) it(`is nowhere in ${url}`, () => assert.equal(find(url), undefined));

  it('is told by the name asked for in TLS where the URL has none', () => {
    assert.equal(
      find('rtsps://192.0.2.1/front', 'bach.cctv.example'),
      'bach front 0 rtsps://192.0.2.1/front',
    );
    assert.equal(
      find('rtsps://cctv.example/bach/front', 'cctv.example'),
      find('rtsps://cctv.example/bach/front'),
    );
  });

  it('is nowhere when URL and TLS name two accounts', () => {
    assert.equal(find('rtsps://bach.cctv.example/front', 'mozart.cctv.example'), undefined);
  });

  it('is in the path alone where there is no domain', () => {
    const names = { domain: undefined, serverName: 'bach.cctv.example' };
    assert.equal(locate('rtsp://bach.cctv.example/front', names), undefined);
    assert.equal(locate('rtsp://bach.cctv.example/bach/front', names)?.account, 'bach');
  });
});
