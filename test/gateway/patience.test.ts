import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { password, Rig } from './rig.ts';

// A relay stops sending to who says nothing for 65 s.
it('a viewer who never says a word is played to for longer than a relay would', async () => {
  await using rig = await Rig.start();
  await rig.addCamera('bach/front');
  using player = (await rig.player()).login('bach', password);
  await player.watch('rtsp://bach.cctv.example/front');
  await delay(70_000);
  const { pictures } = player;
  await delay(2_000);
  assert.ok(player.pictures - pictures > 15, `${player.pictures - pictures} pictures`);
  assert.equal(player.lost, 0);
});
