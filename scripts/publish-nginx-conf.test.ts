// docker/publish-nginx-conf on folders instead of an image and a volume: killed at each of its commands, after a power loss, two at
// once, and with a plain `docker compose up` between the steps of a deploy.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canPublish, makeVolume, source, type Volume } from './test-volume.ts';

let volume: Volume;
beforeEach(() => {
  volume = makeVolume();
});
afterEach(() => volume.remove());

const run: Volume['run'] = (...args) => volume.run(...args);
const runWell: Volume['runWell'] = (...args) => volume.runWell(...args);
const inForce: Volume['inForce'] = () => volume.inForce();

/** Kills that run before each of its commands in turn, each time after `before`. */
async function killAtEach(release: string, word: string, before: () => Promise<void>, then: () => Promise<void>) {
  await before();
  const { code, calls } = await run(release, word);
  expect(code).toBe(0);
  expect(calls.length).toBeGreaterThan(4);
  for (let at = 1; at <= calls.length; at += 1) {
    volume.clear();
    await before();
    const killed = await run(release, word, { KILL_AT: String(at) });
    expect([at, killed.code]).toEqual([at, null]);
    await then();
  }
}

const describeWhereItRuns = canPublish ? describe : () => {};

it('DP-10 publish-nginx-conf says where it copies from and to, which the tests replace', () => {
  expect(source).toMatch(/^from=\/usr\/local\/share\/gatehouse$/m);
  expect(source).toMatch(/^to=\/srv\/proxy$/m);
});

describeWhereItRuns('publish-nginx-conf', { timeout: 120_000 }, () => {
  let ash: Record<string, string>;
  let birch: Record<string, string>;

  beforeEach(async () => {
    ash = volume.prepare('ash');
    birch = volume.prepare('birch');
    await runWell('ash', 'copy', 'use');
  });

  const withAshInForce = () => runWell('ash', 'copy', 'use');

  it('DP-10 a copy that is killed at any of its commands leaves what is in force alone, and the next one repairs', async () => {
    await killAtEach('birch', 'copy', withAshInForce, async () => {
      expect(inForce()).toEqual(ash);
      await runWell('birch', 'copy');
      expect(volume.releases().filter((name) => name.startsWith('draft-'))).toEqual([]);
      await runWell('birch', 'use');
      expect(inForce()).toEqual(birch);
    });
  });

  it('DP-10 a use that is killed at any of its commands: in force is one release or the other, never a part of each', async () => {
    const before = async () => {
      await withAshInForce();
      await runWell('birch', 'copy');
    };
    await killAtEach('birch', 'use', before, async () => {
      expect([ash, birch]).toContainEqual(inForce());
      await runWell('birch', 'use');
      expect(inForce()).toEqual(birch);
      await runWell('birch', 'back');
      expect(inForce()).toEqual(ash);
    });
  });

  it('DP-10 the plain command that is killed at any of its commands: one or the other, and the next one finishes it', async () => {
    await killAtEach('birch', '', withAshInForce, async () => {
      expect([ash, birch]).toContainEqual(inForce());
      await runWell('birch', '');
      expect(inForce()).toEqual(birch);
    });
  });

  it('DP-10 a release folder that a power loss left with empty files is made again, and never put in force', async () => {
    await runWell('birch', 'copy');
    volume.empty('next');
    expect((await run('birch', 'use')).code).toBe(1);
    expect(inForce()).toEqual(ash);
    await runWell('birch', 'copy', 'use');
    expect(inForce()).toEqual(birch);
    volume.empty('current');
    writeFileSync(path.join(volume.folderOf('current'), 'no-such.conf'), 'of nobody');
    await runWell('birch', '');
    expect(inForce()).toEqual(birch);
    expect(readdirSync(volume.folderOf('current')).toSorted()).toEqual(Object.keys(birch).toSorted());
  });

  it('DP-10 what is in force is mended file by file: killed at any command, no file is missing', async () => {
    const before = async () => {
      await withAshInForce();
      volume.empty('current');
    };
    await killAtEach('ash', 'copy', before, async () => {
      const found = inForce();
      expect(Object.keys(found)).toEqual(Object.keys(ash).toSorted());
      for (const [name, text] of Object.entries(found)) expect(['', ash[name]]).toContain(text);
      await withAshInForce();
      expect(inForce()).toEqual(ash);
    });
  });

  it('DP-10 the files are on the disk before the folder has its name', async () => {
    const { calls } = await run('birch', 'copy');
    const at = (pattern: RegExp) => calls.findIndex((call) => pattern.test(call));
    expect(at(/^sync .*draft-\w+\/nginx\.conf .*draft-\w+$/)).toBeGreaterThan(at(/^cp /));
    expect(at(/^mv -T .*draft-\w+ /)).toBeGreaterThan(at(/^sync /));
    expect(at(/^ln /)).toBeGreaterThan(at(/^sync \S*\/releases$/));
  });

  it('DP-10 two copies at once do not disturb each other', async () => {
    volume.prepare('cedar');
    const first = volume.start('birch', 'copy', { HOLD_AT: 'chmod' });
    await first.isHeld();
    const second = volume.start('cedar', 'copy');
    const isAsking = vi.waitFor(() => expect(second.calls()).toEqual(['flock 8']), { timeout: 15_000, interval: 10 });
    await Promise.race([second.ended, isAsking]);
    first.letGo();
    expect(await first.ended).toMatchObject({ code: 0, errors: '' });
    expect(await second.ended).toMatchObject({ code: 0, errors: '' });
    expect(inForce()).toEqual(ash);
    await runWell('birch', 'use');
    expect(inForce()).toEqual(birch);
  });

  it('DP-10 repeated, it changes nothing', async () => {
    await runWell('birch', 'copy', 'use');
    const before = [inForce(), volume.releases()];
    await runWell('birch', 'use', '', 'copy', 'use', '');
    expect([inForce(), volume.releases()]).toEqual(before);
    expect(existsSync(volume.inVolume('next'))).toBe(false);
  });

  it('DP-10 only what this image has copied is put in force: a copy of another, or none, is a fault', async () => {
    volume.prepare('cedar');
    await runWell('birch', 'copy');
    expect(await run('cedar', 'use')).toMatchObject({ code: 1, errors: expect.stringContaining('is gone') as string });
    expect(inForce()).toEqual(ash);
    await runWell('birch', 'use');
    expect(inForce()).toEqual(birch);
  });

  it('DP-10 a plain `docker compose up` of what is in force leaves the copy of a deploy alone', async () => {
    await runWell('birch', 'copy');
    const next = volume.folderOf('next');
    await runWell('ash', '');
    expect(inForce()).toEqual(ash);
    expect(volume.folderOf('next'), 'what the proxy is about to test').toBe(next);
    await runWell('birch', 'use');
    expect(inForce()).toEqual(birch);
  });

  it('DP-10 a plain `docker compose up` of a third release meanwhile: the deploy is told, and takes nothing back', async () => {
    const cedar = volume.prepare('cedar');
    await runWell('birch', 'copy');
    await runWell('cedar', '');
    expect((await run('birch', 'use')).code).toBe(1);
    await runWell('birch', 'back');
    expect(inForce()).toEqual(cedar);
  });

  it('DP-10 a plain `docker compose up` of the new release meanwhile: it is in force, and can be taken back', async () => {
    await runWell('birch', 'copy', '', 'use', '');
    expect(inForce()).toEqual(birch);
    await runWell('birch', 'back', 'back');
    expect(inForce()).toEqual(ash);
  });

  it('DP-10 a plain `docker compose up` of the former release after the switch: back does not undo it', async () => {
    await runWell('birch', 'copy', 'use');
    await runWell('ash', '');
    await runWell('birch', 'back');
    expect(inForce()).toEqual(ash);
  });

  it('DP-10 back brings nothing that an earlier deploy replaced', async () => {
    await runWell('birch', 'copy', 'use', 'copy', 'use', 'back');
    expect(inForce()).toEqual(birch);
    volume.prepare('cedar');
    await runWell('cedar', 'copy', 'back');
    expect(inForce()).toEqual(birch);
  });

  it('DP-10 what is refused is not in force, however often it is brought; a deploy still puts its own in force', async () => {
    volume.prepare('cedar', 'exit 78');
    await runWell('birch', 'copy');
    for (const turn of [1, 2]) expect([turn, (await run('cedar')).code]).toEqual([turn, 78]);
    expect(inForce()).toEqual(ash);
    await runWell('birch', 'use');
    expect(inForce()).toEqual(birch);
  });
});
