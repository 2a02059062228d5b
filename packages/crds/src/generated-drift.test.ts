import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDrift, repairDrift } from './generated-drift.ts';
import { crdFolder, generatedFiles } from './generated-files.ts';

describe('the generated files of this repository', () => {
  it('are what the schemas make of them', async () => {
    const root = resolve(import.meta.dirname, '../../..');
    expect(await findDrift(root, generatedFiles(), crdFolder), 'run `pnpm gen` and commit what it writes').toEqual([]);
  });

  it('come out the same at every run', () => {
    expect([...generatedFiles()]).toEqual([...generatedFiles()]);
  });
});

describe('drift', () => {
  let root: string;
  const files = new Map([
    [`${crdFolder}/a.yaml`, 'a: 1\n'],
    ['docs/page.md', '# Page\n'],
  ]);
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bkop-drift-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  it('is every missing file in an empty folder, which a repair writes', async () => {
    const missing = [...files.keys()].map(path => ({ path, fault: 'missing' }));
    expect(await findDrift(root, files, crdFolder)).toEqual(missing);
    expect(await repairDrift(root, files, crdFolder)).toEqual(missing);
    expect(await findDrift(root, files, crdFolder)).toEqual([]);
  });

  it('is a file that somebody changed by hand, which a repair sets right', async () => {
    await repairDrift(root, files, crdFolder);
    await writeFile(join(root, 'docs/page.md'), '# Mine\n');
    expect(await repairDrift(root, files, crdFolder)).toEqual([{ path: 'docs/page.md', fault: 'outdated' }]);
    expect(await readFile(join(root, 'docs/page.md'), 'utf8')).toBe('# Page\n');
  });

  it('is a CRD that is no longer generated, which a repair removes', async () => {
    await repairDrift(root, files, crdFolder);
    await writeFile(join(root, crdFolder, 'old.yaml'), 'old: true\n');
    const stale = [{ path: `${crdFolder}/old.yaml`, fault: 'no longer generated' }];
    expect(await findDrift(root, files, crdFolder)).toEqual(stale);
    expect(await repairDrift(root, files, crdFolder)).toEqual(stale);
    expect(await findDrift(root, files, crdFolder)).toEqual([]);
  });
});
