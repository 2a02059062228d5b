/** The API group of every kind of the operator. */
export const apiGroup = 'buildkite-operator.io';
export const apiVersionName = 'v1alpha1';
/** As the objects name it in `apiVersion`. */
export const apiVersion = `${apiGroup}/${apiVersionName}` as const;

const ours = { group: apiGroup, version: apiVersionName, namespaced: true } as const;

/** How the API server addresses BuildJobs. */
export const buildJobResource = { ...ours, kind: 'BuildJob', plural: 'buildjobs' } as const;
/** How the API server addresses BuildEnvironments. */
export const buildEnvironmentResource = { ...ours, kind: 'BuildEnvironment', plural: 'buildenvironments' } as const;

/** Keeps a BuildJob that was taken from Buildkite until Buildkite knows how it ended; the jobspawner sets it and takes it off. */
export const reportEndingFinalizer = `${apiGroup}/report-ending` as const;
