import { buildEnvironmentSpec } from './build-environment.ts';
import { buildJobSpec, buildJobStatus } from './build-job.ts';
import type { KindDefinition, PrinterColumn } from './custom-resource-definition.ts';
import { buildEnvironmentResource, buildJobResource } from './resource-names.ts';
import { toStructuralSchema } from './structural.ts';
import type { ValidationRule } from './structural-schema.ts';

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made.' };

function column(name: string, jsonPath: string, description: string, options: Partial<PrinterColumn> = {}): PrinterColumn {
  return { name, type: 'string', jsonPath, description, ...options };
}

/** The API server itself allows names of 253 characters, with dots. */
function shortName(becomes: string): ValidationRule {
  return {
    rule: "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message: `the name becomes ${becomes}: at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit`,
    fieldPath: '.metadata.name',
  };
}

const wide = { priority: 1 } as const;

export const buildJobKind: KindDefinition = {
  kind: buildJobResource.kind,
  plural: buildJobResource.plural,
  shortNames: ['bj'],
  categories: ['buildkite'],
  description:
    'A Buildkite job that runs as a pod. The operator makes one for each job of its queue, and removes it after the job has ended.',
  spec: toStructuralSchema(buildJobSpec, 'spec'),
  status: toStructuralSchema(buildJobStatus, 'status'),
  rules: [
    shortName('the name of the pod, its host name and the value of labels'),
    {
      rule: '!oldSelf.spec.?cancelled.orValue(false) || self.spec.?cancelled.orValue(false)',
      message: 'a cancelled job cannot be taken back: make a new one, or retry the job in Buildkite',
      fieldPath: '.spec.cancelled',
      reason: 'FieldValueForbidden',
    },
    {
      rule: '!has(self.spec.buildkite.outsideAgent) || !has(self.spec.commandContainers) || self.spec.commandContainers.size() == 0',
      message:
        'without an agent in the pod nobody runs commands one after another (spec.buildkite.outsideAgent): put them all into spec.command',
      fieldPath: '.spec.commandContainers',
      reason: 'FieldValueForbidden',
    },
  ],
  // Unlike the name of the pod, the number of pods is not taken back while one is replaced by another.
  immutableOnce: { statusField: 'podAttempts', except: ['cancelled'], because: 'a pod was made for it. Make a new BuildJob instead' },
  printerColumns: [
    column('Phase', '.status.phase', 'Where the job is in its life.'),
    column('Environment', '.spec.environment', 'The BuildEnvironment that the command runs in.'),
    column('Pipeline', '.spec.buildkite.pipeline', 'Slug of the pipeline.'),
    column('Branch', '.spec.buildkite.branch', 'Branch of the build.'),
    column('Node', '.status.nodeName', 'The node that the pod is on.'),
    age,
    column('Reason', '.status.reason', 'Why the job waits or ended.'),
    column('Exit', '.status.exitCode', "The job's exit code.", { type: 'integer', ...wide }),
    column('Step', '.spec.buildkite.stepKey', "The step's key.", wide),
    column('Pod', '.status.podName', 'The pod that runs the job.', wide),
    column('Build', '.spec.buildkite.buildUrl', 'Page of the build.', wide),
    column('Message', '.status.message', 'What happened and what to do about it.', wide),
  ],
};

export const buildEnvironmentKind: KindDefinition = {
  kind: buildEnvironmentResource.kind,
  plural: buildEnvironmentResource.plural,
  shortNames: ['be'],
  categories: ['buildkite'],
  description: 'A container environment that build jobs name: the place where a command runs, an init container, or a sidecar.',
  spec: toStructuralSchema(buildEnvironmentSpec, 'spec'),
  rules: [shortName('the value of a label, and the name of a container where a job gives none')],
  printerColumns: [
    column('Image', '.spec.container.image', 'Image of the container.'),
    column('Description', '.spec.description', 'What the environment is for.'),
    age,
    column('Service account', '.spec.serviceAccountName', 'Service account of the pod.', wide),
    column('Priority class', '.spec.priorityClassName', 'PriorityClass of the pod.', wide),
    column('Runtime class', '.spec.runtimeClassName', 'RuntimeClass of the pod.', wide),
  ],
};

/** Every kind of the operator. */
export const kinds: readonly KindDefinition[] = [buildJobKind, buildEnvironmentKind];
