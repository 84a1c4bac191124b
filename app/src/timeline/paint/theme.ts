/**
 * The canvas's colours, read from the page's CSS variables once a theme. Kinds without a colour of
 * their own take one of six by a hash of their name, the same in every run.
 */

import { kindVariable } from '../../base/kind-color.ts'
import { heatVariable } from '../layout/heat.ts'

/** A bar's colour, and that of the text on it. */
export interface Ink {
  readonly fill: string
  readonly text: string
}

export interface Theme {
  readonly surface: string
  readonly surfaceRaised: string
  readonly line: string
  readonly lineStrong: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly accentSoft: string
  readonly focusRing: string
  readonly error: string
  readonly live: string
  readonly font: string
  ink(kind: string): Ink
}

/** @param variable the value of a CSS variable, as `getPropertyValue` gives it */
export function readTheme(variable: (name: string) => string): Theme {
  const read = (name: string, fallback: string): string =>
    longHex(variable(name).trim()) || fallback
  const inks = new Map<string, Ink>()
  const onBar = read('--on-bar', '#ffffff')
  const surface = read('--surface', '#ffffff')
  const text = read('--text', '#12161c')
  return {
    surface,
    surfaceRaised: read('--surface-raised', '#f5f6f8'),
    line: read('--line', '#e1e4e9'),
    lineStrong: read('--line-strong', '#868f9d'),
    text,
    muted: read('--text-muted', '#59626f'),
    accent: read('--accent', '#2f6fd0'),
    accentSoft: read('--accent-soft', '#e8f0fc'),
    focusRing: read('--focus-ring', '#2f6fd0'),
    error: read('--error', '#c4262e'),
    live: read('--live', '#0a7d62'),
    font: read('--font', 'system-ui, sans-serif'),
    ink(kind) {
      const known = inks.get(kind)
      if (known !== undefined) return known
      const fill = read(heatVariable(kind) ?? kindVariable(kind), '#6d7786')
      const ink = { fill, text: mostReadable(fill, [onBar, surface, text]) }
      inks.set(kind, ink)
      return ink
    },
  }
}

/** The first of `inks` with 4.5:1 on `fill` (WCAG 2.2, 1.4.3), else the one with most contrast. */
function mostReadable(fill: string, inks: readonly string[]): string {
  const readable = inks.find((ink) => contrast(fill, ink) >= 4.5)
  if (readable !== undefined) return readable
  return inks.reduce((best, ink) => (contrast(fill, ink) > contrast(fill, best) ? ink : best))
}

export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

/** A build shortens `#aabbcc` to `#abc`; gradients and contrast want the long form. */
function longHex(colour: string): string {
  return colour.replace(/^#([0-9a-f])([0-9a-f])([0-9a-f])$/i, '#$1$1$2$2$3$3')
}

/** Relative luminance of `#rrggbb` or `#rgb`; other notations count as mid grey. */
function luminance(colour: string): number {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(longHex(colour))
  if (hex === null) return 0.2
  const [r = 0, g = 0, b = 0] = hex.slice(1).map((part) => {
    const value = Number.parseInt(part, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
