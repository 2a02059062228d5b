import type { Container, PodSpec } from '../kubernetes-pod.ts';
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../quantity/index.ts';

type Amounts = ReadonlyMap<string, Quantity>;

/**
 * What the scheduler keeps free for a pod, by resource: the containers and sidecars together, or an init container with the sidecars that
 * run before it where that is more (Kubernetes' rule for pods with sidecars), and the overhead of the runtime class.
 */
export function podRequests({ containers, initContainers = [], overhead = {} }: PodSpec): Amounts {
  let sidecars: Amounts = new Map();
  let most: Amounts = new Map();
  for (const container of initContainers) {
    const requests = containerRequests(container);
    if (container.restartPolicy === 'Always') {
      sidecars = merge(sidecars, requests, add);
      most = merge(most, sidecars, larger);
    } else most = merge(most, merge(sidecars, requests, add), larger);
  }
  const together = containers.reduce((sum, container) => merge(sum, containerRequests(container), add), sidecars);
  return merge(merge(most, together, larger), parseAll(overhead), add);
}

/** A limit without a request counts as the request. */
function containerRequests({ resources }: Container): Amounts {
  return parseAll({ ...resources?.limits, ...resources?.requests });
}

function parseAll(amounts: Readonly<Record<string, string>>): Amounts {
  return new Map(
    Object.entries(amounts).flatMap(([name, amount]): [string, Quantity][] => {
      const quantity = parseQuantity(amount);
      return quantity === undefined ? [] : [[name, quantity]];
    }),
  );
}

function merge(one: Amounts, other: Amounts, combine: (left: Quantity, right: Quantity) => Quantity): Amounts {
  const merged = new Map(one);
  for (const [name, amount] of other) {
    const earlier = merged.get(name);
    merged.set(name, earlier === undefined ? amount : combine(earlier, amount));
  }
  return merged;
}

const add = (left: Quantity, right: Quantity) => addQuantities(left, right);
const larger = (left: Quantity, right: Quantity) => (compareQuantities(left, right) < 0 ? right : left);
