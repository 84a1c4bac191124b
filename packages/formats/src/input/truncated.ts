/** Completes a JSON text that was cut off, so that the fields before the cut can be read. */

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN_OBJECT = 123
const OPEN_ARRAY = 91
const CLOSE_OBJECT = 125
const CLOSE_ARRAY = 93

/** The text up to its last complete field or element, with the missing brackets. */
export function closeTruncated(text: string): string {
  const open: string[] = []
  // Every bracket moves the end, so the brackets that are open at the end of the loop are open there.
  let end = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfText(text, at)
      continue
    }
    if (code === OPEN_OBJECT) open.push('}')
    else if (code === OPEN_ARRAY) open.push(']')
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop()
    else if (code !== COMMA) continue
    end = code === COMMA ? at : at + 1
    if (open.length === 0) break
  }
  return text.slice(0, end) + open.toReversed().join('')
}

function endOfText(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return text.length
}
