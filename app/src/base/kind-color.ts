/**
 * The color of each kind. A kind without a color of its own has one of six hues, chosen by a hash of
 * its name.
 */
import { kindOf } from '@wattline/trace'

const OTHER_HUES = 6

/** FNV-1a, so that a kind has the same hue each time the run is opened. */
function hueOf(kind: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < kind.length; at++) {
    hash = Math.imul(hash ^ kind.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 0) % OTHER_HUES
}

/** The CSS variable of a kind's color. */
export function kindVariable(kind: string): string {
  return `--kind-${kindOf(kind).color ?? `other-${hueOf(kind)}`}`
}
