import { join } from 'node:path';
import { ensureDebianPackages } from '@buildkite-operator/e2e-setup';
import { machineAptMirrors } from './apt-mirrors.ts';
import { runContained } from './contained-process.ts';
import type { BuildContext } from './image-definition.ts';

/** The context of the stand-in for Debian's image: `root.tar`, made by debootstrap from the mirror that apt uses here. */
export function debianContext(folder: string): BuildContext {
  return {
    inputs: async () => {
      const { main, security } = await machineAptMirrors();
      return { root: folder, files: ['make-root.sh'], facts: { main, security, architecture: process.arch } };
    },
    prepare: async (into, { logPath, progress }, signal) => {
      await ensureDebianPackages(['debootstrap']);
      const { main, security } = await machineAptMirrors();
      const command = [join(folder, 'make-root.sh'), `${into}.root`, join(into, 'root.tar'), main, security];
      await runContained(command, { logPath, signal, onLine: line => progress(line.replace(/^I: /, 'debootstrap: ')) });
    },
  };
}
