import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../support/until.ts';
import { type BootedSite, etc } from './booted-site.ts';
import { makeOperator, runAsInReadme } from './readme-commands.ts';

/** Five cameras are recorded. */
export function itServesItsOperator(site: BootedSite): void {
  it('does what the README tells the operator to do', async () => {
    await makeOperator(site.machine());
    const runs = async (
      command: RegExp,
      said: RegExp,
      instead: Readonly<Record<string, string>> = {},
    ): Promise<void> => {
      const { output, code } = await runAsInReadme(site.machine(), command, instead);
      assert.match(output, said);
      assert.equal(code, 0, output);
    };
    // The machine has no alerts, which is worth a warning, and its clock is the host's to set.
    await runs(/sudo cctv doctor/, /^0 problems, \d warnings?, \d+ ok, 1 not seen from here$/m);
    const { output: healthy } = await runAsInReadme(site.machine(), /sudo cctv doctor/);
    for (const right of ['put', 'head', 'get', 'list', 'delete']) {
      assert.match(
        healthy,
        new RegExp(`^ {2}ok +The bucket footage lets us ${right} objects$`, 'm'),
      );
    }
    await runs(/cctv status/, /^Cameras +5 of 5 connected, 5 recording$/m);
    await runs(/cctv support-bundle [\w.-]+/, /FILE\.tar\.gz is written/);
    // Who may not read the secrets can't leave them out of what may have them in it.
    const lesser = await site
      .machine()
      .sh(
        'cd /home/anna; rm FILE.tar.gz; setpriv --reuid anna --regid anna --init-groups cctv support-bundle FILE.tar.gz',
      );
    assert.match(lesser, /^Status, cameras and log are left out, .* try it with sudo\.$/m);
    await site.machine().sh('cd /root; cctv support-bundle bundle.tar.gz');
    const bundle = await site.machine().sh('tar xzOf /root/bundle.tar.gz');
    assert.match(bundle, /"camera": "camera-0"/);
    assert.ok(!bundle.includes(site.store().secretAccessKey));
    const [first] = (await site.stored())
      .filter(({ camera }) => camera === 'camera-0')
      .sort((one, other) => one.startMs - other.startMs);
    assert.ok(first !== undefined);
    const at = (ms: number): string => new Date(ms).toISOString();
    const exported = /cctv export bach\/front-door --from \S+ --to \S+ --out [\w.-]+/;
    await runs(exported, /^night\.mp4: \d+ bytes$/m, {
      'bach/front-door': 'bach/camera-0',
      '2026-11-22T13:00Z': at(first.startMs),
      '2026-11-22T14:00Z': at(first.startMs + first.durationMs),
    });
    assert.match(
      await site
        .machine()
        .sh(
          'cd /home/anna; ffprobe -v error -show_entries stream=codec_name night.mp4; sha256sum night.mp4 | cut -c 1-64; cat night.txt',
        ),
      /codec_name=h264[^]*^([0-9a-f]{64})$[^]*\1/m,
    );
    await runs(/sudo systemctl reload sapiengraph-cctv/, /^$/);
    const segments = async (from: number, to: number): Promise<void> => {
      const change = `s/segmentSeconds: ${from}$/segmentSeconds: ${to}/`;
      await site.machine().sh(`sed -i '${change}' ${etc}/config.yaml`);
    };
    await segments(4, 5);
    const reload = await site.machine().try('systemctl', 'reload', 'sapiengraph-cctv');
    const journal = await site.machine().sh('journalctl -u sapiengraph-cctv -n 50 -o cat');
    await segments(5, 4);
    assert.notEqual(reload.code, 0);
    assert.match(journal, /Not in force until the daemon is restarted: archive\.segmentSeconds/);
    await runs(/cctv verify/, /^Nothing is wrong\.$/m);
    await runs(/sudo (?:CREDENTIALS_DIRECTORY=\S+ )?cctv ledger rebuild/, /was not touched/);
    // For who leaves it to the program to find the secrets.
    const rebuilt = await site.machine().try('cctv', 'ledger', 'rebuild');
    assert.equal(rebuilt.code, 0, rebuilt.output);
    const checked = await site.machine().try('cctvd', 'check');
    assert.match(checked.output, /config\.yaml can be used:$/m);
    assert.equal(checked.code, 0);
  });

  it('has a doctor who names what is wrong, and ends with 1', async () => {
    await site.network().refuse();
    const down = await site.machine().try('cctv', 'doctor');
    await site.network().accept();
    assert.match(down.output, /PROBLEM +The bucket footage does not let us put objects/);
    assert.equal(down.code, 1);
    const secret = `${etc}/credentials/bucket-secret-access-key`;
    await site.machine().sh(`mv ${secret} /root/taken`);
    for (const command of [
      ['cctv', 'doctor'],
      ['cctvd', 'check'],
    ]) {
      const { output, code } = await site.machine().try(...command);
      assert.match(output, /bucket\.credentials\.secretAccessKey is missing/);
      assert.equal(code, 1);
    }
    await site.machine().sh(`mv /root/taken ${secret}`);
    await eventually('a healthy machine', 60_000, async () => {
      const { code } = await site.machine().try('cctv', 'doctor');
      return code === 0;
    });
  });
}
