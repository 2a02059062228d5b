export interface LogOptions {
  /** Leave out the time codes that the agent puts before each line. */
  readonly strip?: boolean;
  /** First byte wanted, of the raw log. */
  readonly from?: number;
}

/** The pieces of a response's body as they come. */
export async function* readPieces(response: Response): AsyncGenerator<Buffer, void, undefined> {
  if (response.body === null) return;
  for await (const piece of response.body) yield Buffer.from(piece);
}
