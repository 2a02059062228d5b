import { type ConditionToken, tokenizeCondition } from './condition-tokens.ts';
import { PipelineError } from './pipeline-error.ts';

/** What a condition may ask about. Unknown names are an error, an unset value is null. */
export interface ConditionFacts {
  readonly variables: Readonly<Record<string, string | number | boolean | null>>;
  /** For `build.env("NAME")` and `env("NAME")`. */
  readonly env: Readonly<Record<string, string>>;
}

type Value = string | number | boolean | null | RegExp;

/**
 * Evaluates the `if` of a step. Understood: `==`, `!=`, `=~`, `!~`, `&&`, `||`, `!`, brackets, texts, numbers, regular
 * expressions, true, false, null, the variables of ConditionFacts, `build.env("NAME")` and `env("NAME")`.
 * Throws a PipelineError for anything else.
 */
export function evaluateCondition(text: string, facts: ConditionFacts): boolean {
  const parser = new ConditionParser(text, facts);
  return isTruthy(parser.parse());
}

class ConditionParser {
  readonly #text: string;
  readonly #tokens: readonly ConditionToken[];
  readonly #facts: ConditionFacts;
  #at = 0;

  constructor(text: string, facts: ConditionFacts) {
    this.#text = text;
    this.#tokens = tokenizeCondition(text);
    this.#facts = facts;
  }

  parse(): Value {
    const value = this.#or();
    if (this.#peek() !== undefined) this.#fail(`does not expect "${this.#peek()?.text}"`);
    return value;
  }

  #or(): Value {
    let value = this.#and();
    while (this.#takeOperator('||')) {
      const right = this.#and();
      value = isTruthy(value) || isTruthy(right);
    }
    return value;
  }

  #and(): Value {
    let value = this.#comparison();
    while (this.#takeOperator('&&')) {
      const right = this.#comparison();
      value = isTruthy(value) && isTruthy(right);
    }
    return value;
  }

  #comparison(): Value {
    const left = this.#unary();
    if (this.#takeOperator('==')) return left === this.#unary();
    if (this.#takeOperator('!=')) return left !== this.#unary();
    if (this.#takeOperator('=~')) return this.#matches(left, this.#unary());
    if (this.#takeOperator('!~')) return !this.#matches(left, this.#unary());
    return left;
  }

  #unary(): Value {
    if (this.#takeOperator('!')) return !isTruthy(this.#unary());
    if (this.#takeOperator('(')) {
      const value = this.#or();
      if (!this.#takeOperator(')')) this.#fail('has a bracket that is not closed');
      return value;
    }
    return this.#operand();
  }

  #operand(): Value {
    const token = this.#peek();
    this.#at += 1;
    switch (token?.kind) {
      case 'string':
        return token.text;
      case 'number':
        return Number(token.text);
      case 'regex':
        return this.#regex(token.text, token.flags);
      case 'name':
        return this.#name(token.text);
      case 'operator':
      case undefined:
        return this.#fail(token === undefined ? 'ends too early' : `does not expect "${token.text}"`);
    }
  }

  #name(name: string): Value {
    if (name === 'true' || name === 'false') return name === 'true';
    if (name === 'null') return null;
    if (name === 'env' || name === 'build.env') return this.#environment();
    const value = this.#facts.variables[name];
    if (value !== undefined) return value;
    return this.#fail(
      `uses ${name}, which is not known here; known are ${Object.keys(this.#facts.variables).join(', ')}, build.env("NAME")`,
    );
  }

  #environment(): Value {
    if (!this.#takeOperator('(')) this.#fail('needs build.env("NAME")');
    const name = this.#peek();
    this.#at += 1;
    if (name?.kind !== 'string' || !this.#takeOperator(')')) this.#fail('needs build.env("NAME")');
    return this.#facts.env[name.text] ?? null;
  }

  #matches(left: Value, right: Value): boolean {
    if (!(right instanceof RegExp)) return this.#fail('needs a regular expression like /^v/ on the right of =~ and !~');
    return typeof left === 'string' && right.test(left);
  }

  #regex(source: string, flags: string): RegExp {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      return this.#fail(`has a bad regular expression: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #peek(): ConditionToken | undefined {
    return this.#tokens[this.#at];
  }

  #takeOperator(text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #fail(problem: string): never {
    throw new PipelineError('if', `${JSON.stringify(this.#text)} ${problem}`);
  }
}

function isTruthy(value: Value): boolean {
  return value !== null && value !== false;
}
