import { KubeError } from './kube-error.ts';

/** No object in etcd comes near this, so a longer line is not an answer of an API server. */
const longestLine = 64 * 1024 * 1024;

/**
 * The lines of a stream of UTF-8 bytes, without their ends; empty ones are left out. A last line without an end is
 * dropped: the stream was cut off within it. Throws `BadAnswer` for a line of more than 64 Mi characters.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = (parts.splice(0).join('') + text.slice(start, end)).trim();
      length = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    parts.push(text.slice(start));
    length += text.length - start;
    if (length > longestLine) throw new KubeError('BadAnswer', `a line of the stream is longer than ${longestLine} characters`);
  }
}
