import { isKubeError, type KubeError } from '@buildkite-operator/kube';

/** One fault that the API server named. */
export interface NamedFault {
  readonly field: string;
  readonly message: string;
}

/** A refusal as its author reads it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly faults: readonly NamedFault[];
}

/** What the API server answered to a call that it refused. Undefined where it took it; other failures are thrown on. */
export async function refusalOf(call: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (!isKubeError(error) || error.status === 0) throw error;
    return { status: error.status, message: error.message, faults: [...causes(error), ...unknownFields(error)] };
  }
}

function causes(error: KubeError): NamedFault[] {
  return error.causes.map(({ field, message }) => ({ field, message }));
}

/** Strict decoding has no causes: its message alone names the fields. */
function unknownFields({ message }: KubeError): NamedFault[] {
  return [...message.matchAll(/unknown field "([^"]+)"/g)].map(([words, field = '']) => ({ field, message: words }));
}
