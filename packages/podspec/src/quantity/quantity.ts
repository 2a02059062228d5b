/**
 * Kubernetes quantities (`500m`, `1.5Gi`, `2e3`), exactly: as whole billionths, which is as fine as Kubernetes reckons.
 * The rules are those of apimachinery's `resource.Quantity`, checked against an API server in the integration test.
 */
export interface Quantity {
  /** The amount in billionths. */
  readonly nanos: bigint;
  /** How the author wrote it, which decides the suffix of the canonical form. */
  readonly format: 'binary' | 'decimal' | 'exponent';
}

const one = 1_000_000_000n;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const shape = /^(?<sign>[+-]?)(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,4})?$/;

/** The quantity that a text or number is, or undefined where it is none. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const { sign = '', whole = '', fraction = '', suffix = '' } = shape.exec(String(text))?.groups ?? {};
  const digits = whole + fraction;
  if (digits === '') return undefined;
  const { factor, format } = scaleOf(suffix);
  // Exponents far beyond what a quantity can be would only cost memory.
  if (factor.power > 400 || factor.power < -400) return undefined;
  const numerator = BigInt(digits) * one * factor.base ** BigInt(Math.max(factor.power, 0));
  const denominator = 10n ** BigInt(fraction.length) * factor.base ** BigInt(Math.max(-factor.power, 0));
  // What is finer than a billionth counts as one: Kubernetes rounds up.
  const nanos = (numerator + denominator - 1n) / denominator;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

/** Less than, equal to or greater than zero as `left` is to `right`. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  if (left.nanos === right.nanos) return 0;
  return left.nanos < right.nanos ? -1 : 1;
}

/** The one way to write a quantity, which is how the API server writes it: 1000m as 1, 1024Mi as 1Gi, 0.5 as 500m. */
export function canonicalQuantity({ nanos, format }: Quantity): string {
  const whole = nanos % one === 0n;
  const large = nanos / one >= 1024n || nanos / one <= -1024n;
  if (format === 'binary' && whole && large) return withSuffix(nanos / one, 1024n, binarySuffixes.length - 1, step => binarySuffixes[step]);
  if (format === 'exponent') return withSuffix(nanos, 1000n, 200, step => (step === 3 ? '' : `e${(step - 3) * 3}`));
  return withSuffix(nanos, 1000n, decimalSuffixes.length - 1, step => decimalSuffixes[step]);
}

/** Whether it is a whole number. */
export function isWhole({ nanos }: Quantity): boolean {
  return nanos % one === 0n;
}

/** The sum; it is written like the first. */
export function addQuantities(first: Quantity, ...others: readonly Quantity[]): Quantity {
  return { ...first, nanos: others.reduce((sum, { nanos }) => sum + nanos, first.nanos) };
}

function scaleOf(suffix: string): { factor: { base: bigint; power: number }; format: Quantity['format'] } {
  if (/^[eE].+/.test(suffix) && !suffix.endsWith('i')) return { factor: { base: 10n, power: Number(suffix.slice(1)) }, format: 'exponent' };
  const binary = binarySuffixes.findIndex(name => name !== '' && name === suffix);
  if (binary > 0) return { factor: { base: 1024n, power: binary }, format: 'binary' };
  return { factor: { base: 1000n, power: decimalSuffixes.findIndex(name => name === suffix) - 3 }, format: 'decimal' };
}

/** As many whole steps as leave no fraction go into the suffix. */
function withSuffix(amount: bigint, base: bigint, most: number, suffixAt: (step: number) => string | undefined): string {
  if (amount === 0n) return '0';
  let rest = amount;
  let step = 0;
  while (step < most && rest % base === 0n) {
    rest /= base;
    step += 1;
  }
  return `${rest}${suffixAt(step) ?? ''}`;
}
