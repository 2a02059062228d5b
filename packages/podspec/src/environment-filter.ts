import { fitsProcess } from './long-command.ts';
import { paths } from './names.ts';

/**
 * Buildkite repeats a step's command in the job's BUILDKITE_SCRIPT_PATH. The agent hands the job's environment over its socket to the
 * bootstrap of every client container, which starts a process with it, and lets nothing of the container's win over it: where the command
 * is too long for a variable, no process could be started. In such a pod a program of the agent image (services/agent/environment-filter)
 * stands between each client and the agent, and leaves that variable out. All other pods have no part of it.
 */
const repeatedCommand = 'BUILDKITE_SCRIPT_PATH';

/** The commands of a BuildJob, as its spec has them. */
export interface JobCommands {
  readonly command?: string | undefined;
  readonly commandContainers?: readonly { readonly command?: string | undefined }[] | undefined;
}

/** Whether the clients of the job's pod run under the filter, so that Buildkite may repeat a command of any length in the job's environment. */
export function filtersEnvironment({ command = '', commandContainers = [] }: JobCommands): boolean {
  return [command, ...commandContainers.map(further => further.command ?? '')].some(one => !fitsProcess(repeatedCommand, one));
}

/** Where the filter is in the agent image. */
export const filterOfAgentImage = '/usr/local/bin/environment-filter';

/** The set-up container's lines that bring the filter to where every image can run it, beside the agent. */
export function copyFilter(job: JobCommands): string[] {
  return filtersEnvironment(job) ? [`cp ${filterOfAgentImage} ${paths.environmentFilter}`] : [];
}

/** The command line of a client of the agent: under the filter, which is at this path, where the job needs it. */
export function underFilter(job: JobCommands, filter: string, client: string): string {
  return filtersEnvironment(job) ? `${filter} ${client}` : client;
}
