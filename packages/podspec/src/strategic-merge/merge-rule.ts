/** How the API server merges one field of a patch into an object. A field without a rule: objects merge, all else is replaced. */
export interface MergeRule {
  /** A list of objects that merge when they agree in this field. */
  readonly key?: string;
  /** A list of scalars that merge as a set. */
  readonly set?: true;
  /**
   * Clients that write patches give `$retainKeys` for the items, whose fields exclude each other. Merging needs no rule for it:
   * the server acts on the directive wherever it stands, and only there.
   */
  readonly retainKeys?: true;
  /** The node that holds the rules of the field's value, or of the items of its list. */
  readonly of?: string;
}

/** The rules of an object's fields by name. */
export type MergeRules = Readonly<Record<string, MergeRule>>;
