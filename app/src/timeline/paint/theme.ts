/** The colors of the canvas, read from the page's CSS variables once per theme. */
import { kindOf } from '@wattline/trace'
import { kindVariable } from '../../base/kind-color.ts'
import { heatVariable } from '../layout/heat.ts'

/** The color of a bar and of the text on it. */
export interface BarColors {
  readonly fill: string
  readonly text: string
  /** Waiting is not work: such bars are hatched. */
  readonly isHatched: boolean
}

export type Theme = Readonly<ReturnType<typeof readTheme>>

/** @param variable returns the value of a CSS variable, like `getPropertyValue` */
export function readTheme(variable: (name: string) => string) {
  const read = (name: string, fallback: string): string =>
    longHex(variable(name).trim()) || fallback
  const known = new Map<string, BarColors>()
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
    /** @param name of a kind, or of a step of heat */
    barColors(name: string): BarColors {
      let colors = known.get(name)
      if (colors !== undefined) return colors
      const fill = read(heatVariable(name) ?? kindVariable(name), '#6d7786')
      const isHatched = kindOf(name).family === 'wait'
      colors = { fill, text: mostReadable(fill, [onBar, surface, text]), isHatched }
      known.set(name, colors)
      return colors
    },
  }
}

/** The first color with 4.5:1 on `fill` (WCAG 2.2, 1.4.3), else the one with the most contrast. */
function mostReadable(fill: string, colors: readonly string[]): string {
  const readable = colors.find((color) => contrast(fill, color) >= 4.5)
  if (readable !== undefined) return readable
  return colors.reduce((best, color) =>
    contrast(fill, color) > contrast(fill, best) ? color : best,
  )
}

export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

/** The build shortens `#aabbcc` to `#abc`; gradients and contrast need the long form. */
function longHex(color: string): string {
  return color.replace(/^#([0-9a-f])([0-9a-f])([0-9a-f])$/i, '#$1$1$2$2$3$3')
}

/** Relative luminance of `#rrggbb` or `#rgb`; other notations count as mid gray. */
function luminance(color: string): number {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(longHex(color))
  if (hex === null) return 0.2
  const [r = 0, g = 0, b = 0] = hex.slice(1).map((part) => {
    const value = Number.parseInt(part, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
