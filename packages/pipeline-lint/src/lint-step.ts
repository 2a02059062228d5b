import { resourceClassTag, type SettingsProblem, settingsPlugins } from '@buildkite-operator/pipeline-settings';
import type { Finding } from './finding.ts';
import { interpolate, isDirective, isUnknown, mapTexts, readable, variablesIn } from './interpolation.ts';
import { judgeVariant } from './judge-variant.ts';
import type { LintOptions } from './lint-pipeline.ts';
import { matrixCombinations } from './matrix.ts';
import { nearPlugin } from './near-plugins.ts';
import { type FoundPlace, settingPlace } from './setting-place.ts';
import { type Fill, type StepToLint, StepVariant } from './step-variant.ts';
import type { Keys, Place, YamlSource } from './yaml-source.ts';

/** What is wrong with the jobs of one step. */
export function lintStep(source: YamlSource, step: StepToLint, options: LintOptions): readonly Finding[] {
  return matrixCombinations(step.step['matrix']).flatMap(values =>
    new VariantLint(source, new StepVariant(step, values), options).findings(),
  );
}

class VariantLint {
  readonly #source: YamlSource;
  readonly #variant: StepVariant;
  readonly #options: LintOptions;

  constructor(source: YamlSource, variant: StepVariant, options: LintOptions) {
    this.#source = source;
    this.#variant = variant;
    this.#options = options;
  }

  findings(): readonly Finding[] {
    const { queue } = this.#variant;
    const isOurs = queue !== undefined && (isUnknown(queue) || this.#options.queues.includes(queue));
    return isOurs ? [...this.#settings(), ...this.#directives(), ...this.#nearPlugins(), ...this.#tags()] : this.#otherQueue(queue);
  }

  /** What the job's own rules say of it. */
  #settings(): readonly Finding[] {
    const variablesAt = ({ block, path, value }: SettingsProblem, fill: Fill) => this.#variablesAt(this.#locate(block, path, value, fill));
    const { problems, notices, fill } = judgeVariant(this.#variant, this.#options.context, variablesAt);
    return [...problems.map(problem => this.#problem(problem, fill)), ...notices.map(notice => this.#notice(notice, fill))];
  }

  #problem({ block, path, value, problem }: SettingsProblem, fill: Fill): Finding {
    const { place } = this.#locate(block, path, value, fill);
    const where = path === '' ? block : `${block}${path.startsWith('[') ? '' : '.'}${path}`;
    const text = textOf(place);
    // As it was written, not with a word that was tried for a variable.
    const shown =
      typeof value === 'string' && text !== undefined && fill(this.#variant.text(text)) === value ? this.#variant.text(text) : value;
    return this.#finding('error', place, where, problem, shown);
  }

  /** The variables that stand at a place, in it and beside it. */
  #variablesAt({ place, parent }: FoundPlace): readonly string[] {
    const beside = this.#source.children(parent).flatMap(({ node }) => textOf({ node }) ?? []);
    return [...this.#textsIn(place), ...beside].flatMap(text => variablesIn(interpolate(text)));
  }

  #textsIn(place: Place): readonly string[] {
    return [textOf(place) ?? [], ...this.#source.children(place).map(child => this.#textsIn(child))].flat();
  }

  #locate(block: SettingsProblem['block'], path: string, value: unknown, fill: Fill): FoundPlace {
    const { step, plugins, rules } = this.#variant;
    const at = (keys: Keys | undefined): FoundPlace => {
      const place = this.#source.place(keys ?? step.keys);
      return { place, parent: place, found: '' };
    };
    switch (block) {
      case 'buildkite-operator':
      case 'kubernetes':
        return this.#locateInBlock(block, path, fill);
      case 'plugins':
        return at(plugins.find(plugin => fill(plugin.source) === value)?.keys ?? step.plugins?.keys);
      case 'agents': {
        const named = rules.findLast(({ rule }) => (path === '' ? rule === value : rule === path || rule.startsWith(`${path}=`)));
        return at(named?.keys ?? step.agents?.keys);
      }
      case 'image':
        return at(step.image?.keys);
      case 'job':
        return at([...step.keys, path === 'command' && step.step['command'] === undefined ? 'commands' : path]);
    }
  }

  /** Of several blocks of one plugin, the last that says something there counts. */
  #locateInBlock(block: keyof typeof settingsPlugins, path: string, fill: Fill): FoundPlace {
    const { plugins, step, values } = this.#variant;
    const found = plugins
      .filter(plugin => fill(plugin.source) === settingsPlugins[block])
      .map(({ keys }) => settingPlace(this.#source, this.#source.place(keys), path, values, fill));
    const place = this.#source.place(step.keys);
    return found.toReversed().toSorted((a, b) => b.found.length - a.found.length)[0] ?? { place, parent: place, found: '' };
  }

  /** Something that is said without effect: `kubernetes.podSpec.restartPolicy has no effect: …`. */
  #notice(notice: string, fill: Fill): Finding {
    const [, field = '', text = notice] = /^(\S+) (.*)$/s.exec(notice) ?? [];
    const { place } = this.#locateInBlock('kubernetes', field.replace(/^kubernetes\.?/, ''), fill);
    return this.#finding('warning', place, field, text);
  }

  /** `$patch` with one dollar reaches no job. */
  #directives(): readonly Finding[] {
    const known = new Set<string>(Object.values(settingsPlugins));
    const blocks = this.#variant.plugins.filter(({ source }) => known.has(source));
    return blocks.flatMap(({ keys }) => this.#directivesIn(this.#source.place(keys)));
  }

  #directivesIn(place: Place): readonly Finding[] {
    return this.#source.children(place).flatMap(child => {
      const inner = this.#directivesIn(child);
      if (typeof child.name === 'number' || !isDirective(child.name)) return inner;
      const problem = `is a variable for the upload, which puts nothing in its place: write $${child.name}`;
      return [this.#finding('warning', child, child.name, problem), ...inner];
    });
  }

  #nearPlugins(): readonly Finding[] {
    return this.#variant.plugins.flatMap(plugin => {
      const meant = isUnknown(plugin.source) ? undefined : nearPlugin(plugin);
      if (meant === undefined) return [];
      const problem = `is an ordinary plugin, which the agent downloads and runs: write ${meant} alone if you mean the job's settings`;
      return [this.#finding('warning', this.#source.place(plugin.keys), 'plugins', problem, plugin.source)];
    });
  }

  /** A tag that the operator does not carry keeps its jobs waiting for others' agents. */
  #tags(): readonly Finding[] {
    const { tags } = this.#options;
    if (tags === undefined) return [];
    return this.#variant.rules.flatMap(({ rule, keys }) => {
      const [tag = '', ...rest] = rule.split('=');
      const value = rest.join('=');
      if (isUnknown(rule) || tag === 'queue' || tag === resourceClassTag) return [];
      if (Object.hasOwn(tags, tag) && (tags[tag] === value || value === '*')) return [];
      const carried = Object.entries(tags).map(([name, own]) => `${name}=${own}`);
      const problem = `is not carried by the operator, which leaves the job to other agents: it carries ${carried.join(', ') || 'no tag but queue'}`;
      return [this.#finding('warning', this.#source.place(keys), `agents.${tag}`, problem, value)];
    });
  }

  #otherQueue(queue: string | undefined): readonly Finding[] {
    const block = this.#variant.plugins.find(plugin => plugin.source === settingsPlugins['buildkite-operator']);
    if (block === undefined) return [];
    const here = queue === undefined ? 'names no queue' : `is of queue ${queue}`;
    const problem = `is for jobs of the operator's queues (${this.#options.queues.join(', ')}), and this step ${here}: change its agents, or remove the block`;
    return [this.#finding('warning', this.#source.place(block.keys), 'buildkite-operator', problem)];
  }

  #finding(severity: Finding['severity'], { offset }: Place, field: string, problem: string, value?: unknown): Finding {
    return {
      severity,
      ...this.#source.position(offset),
      step: readable(this.#variant.text(this.#variant.step.name)),
      field: readable(field),
      problem: readable(problem),
      ...(value !== undefined && { value: mapTexts(value, readable) }),
    };
  }
}

/** The text that a node is; undefined where it is none. */
function textOf({ node }: Pick<Place, 'node'>): string | undefined {
  const value: unknown = node === undefined ? undefined : Reflect.get(node, 'value');
  return typeof value === 'string' ? value : undefined;
}
