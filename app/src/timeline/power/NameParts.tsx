import { wholeBefore } from '@wattline/trace'

/** How much of the end of a name is always shown, where it is the only one. */
const TAIL_CHARS = 12

/**
 * A name of a list that is cut where it is like the other names, if there is no room. Names of files
 * and devices often differ at one place only:
 *
 * ```
 *   gpu-node-alpha-2026-01-01.csv      gpu-no… | alpha | -202…
 *   gpu-node-bravo-2026-01-01.csv      gpu-no… | bravo | -202…
 * ```
 */
export function NameParts({ name, among }: { name: string; among: readonly string[] }) {
  const [from, to] = differingPart(name, among)
  return (
    <>
      <span className="power-name-same">{name.slice(0, from)}</span>
      <span className="power-name-own">{name.slice(from, to)}</span>
      <span className="power-name-same">{name.slice(to)}</span>
    </>
  )
}

/** Where `name` differs from the other names; the end of a name that differs from none. */
function differingPart(name: string, among: readonly string[]): readonly [number, number] {
  const others = among.filter((other) => other !== name)
  if (others.length === 0) return [wholeBefore(name, name.length - TAIL_CHARS), name.length]
  const before = Math.min(...others.map((other) => equalChars(name, other, 0)))
  const after = Math.min(
    name.length - before,
    ...others.map((other) => equalChars(name, other, -1, other.length - before)),
  )
  const from = wholeBefore(name, before)
  // The start of the grapheme after the last one that differs.
  const last = wholeBefore(name, name.length - after)
  return [from, last === name.length - after ? last : name.length]
}

/** The number of equal code units from the start (0) or the end (−1), at most `most`. */
function equalChars(a: string, b: string, from: 0 | -1, most = Infinity): number {
  let count = 0
  const charAt = (text: string): string | undefined => text.at(from === 0 ? count : -1 - count)
  while (count < Math.min(most, a.length, b.length) && charAt(a) === charAt(b)) count++
  return count
}
