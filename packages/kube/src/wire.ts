/**
 * A generated model type as its JSON stands on the wire: the models declare times as `Date`, JSON carries them as text.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;
