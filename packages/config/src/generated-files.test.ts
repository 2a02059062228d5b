import { resolve } from 'node:path';
import { findDrift, toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationReference } from './configuration-reference.ts';
import { generatedFiles } from './generated-files.ts';
import { configSections } from './operator-config.ts';
import { parseConfig } from './parse-config.ts';

describe('the reference of the configuration', () => {
  it('is in the repository as the schemas make it', async () => {
    const root = resolve(import.meta.dirname, '../../..');
    expect(await findDrift(root, generatedFiles()), 'run `pnpm gen` and commit what it writes').toEqual([]);
  });

  it('shows every field of every key, with a description', () => {
    const page = configurationReference();
    for (const [name, section] of Object.entries(configSections)) {
      const { properties = {} } = toStructuralSchema(section, name);
      expect(Object.keys(properties)).not.toHaveLength(0);
      for (const [field, { description }] of Object.entries(properties)) {
        expect(page).toContain(`\`${field}\``);
        expect(description, `${name}.${field}`).toBeTypeOf('string');
      }
    }
  });

  it('has each link lead to a heading', () => {
    const page = configurationReference();
    const anchors = new Set(
      [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, target = '']) => target);
    expect(links).not.toHaveLength(0);
    expect(links.filter(target => !anchors.has(target))).toEqual([]);
  });

  it('shows an example that is valid', () => {
    const example = /```yaml\n(?<text>[\s\S]*?)```/.exec(configurationReference())?.groups?.['text'] ?? '';
    const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(parse(example));
    expect(parseConfig(data, { operatorNamespace: 'op' })).toMatchObject({
      job_namespace: 'ci-jobs',
      pod_defaults: { timeoutSeconds: 3600 },
    });
  });
});
