import type { ConditionFacts } from '../pipeline/condition.ts';
import type { Build } from './records.ts';
import type { World } from './world.ts';

/** What the `if` of a step may know of its build. */
export function conditionFacts(world: World, build: Build): ConditionFacts {
  const pipeline = world.pipelines.get(build.pipelineSlug);
  return {
    variables: {
      'build.branch': build.branch,
      'build.commit': build.commit,
      'build.message': build.message,
      'build.number': build.number,
      'build.source': build.source,
      'build.state': build.state,
      'build.tag': build.tag ?? null,
      'build.id': build.id,
      'build.creator.name': build.creator.name,
      'build.creator.email': build.creator.email,
      'build.pull_request.id': build.pullRequest ?? null,
      'pipeline.slug': build.pipelineSlug,
      'pipeline.id': pipeline?.id ?? null,
      'pipeline.default_branch': pipeline?.defaultBranch ?? null,
      'pipeline.repository': build.repository,
      'organization.slug': world.organization.slug,
      'organization.id': world.organization.id,
    },
    env: build.env,
  };
}
