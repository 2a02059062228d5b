/** Ends a text that was cut. */
const cutMark = '…';

/** What a job page can show: the text without NUL, which databases refuse, and without half characters, which JSON parsers refuse. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}');
}

/** The text, cut to at most `max` code points with a mark at its end. */
export function fitCharacters(text: string, max: number): string {
  const characters = Array.from(storable(text));
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}${cutMark}`;
}

/** The text, cut to at most `max` bytes of UTF-8 with a mark at its end, never within a character. */
export function fitBytes(text: string, max: number): string {
  const whole = storable(text);
  if (Buffer.byteLength(whole) <= max) return whole;
  const bytes = Buffer.from(whole).subarray(0, max - Buffer.byteLength(cutMark));
  // Streaming, so that a character whose end was cut off is left out instead of replaced.
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })}${cutMark}`;
}
