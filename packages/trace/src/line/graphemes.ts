/**
 * Cuts texts between graphemes, the characters that people see: an emoji with its skin tone, a letter
 * with its accents and a flag are one each, of several code units.
 */

let segmenter: Intl.Segmenter | undefined

/** The graphemes of `text`, in order. */
export function graphemes(text: string): Intl.Segments {
  // Not when the module is loaded: some browsers that only record have none.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** The start of the grapheme at `index`: the last place at or before it where `text` can be cut. */
export function wholeBefore(text: string, index: number): number {
  if (index <= 0) return 0
  if (index >= text.length) return text.length
  // Later text does not matter, but the second half of a surrogate pair does.
  return graphemes(text.slice(0, index + 2)).containing(index)?.index ?? 0
}

/**
 * The first graphemes of `text`, with an ellipsis where it is longer than `mostChars` code units.
 *
 * @example cutText('😀😀😀', 4) // '😀…'
 */
export function cutText(text: string, mostChars: number): string {
  if (text.length <= mostChars) return text
  return `${text.slice(0, wholeBefore(text, mostChars - 1))}…`
}
