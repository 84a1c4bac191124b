import { describe, expect, test } from 'vitest'
import { SpanFlag } from '@wattline/trace'
import { createPainter } from './paint.ts'
import { PixelBars } from './paint-pixels.ts'
import { SyntheticTrace, syntheticRun } from '../testing/columns.ts'
import { sceneOf, type SceneOptions } from '../testing/scene.ts'
import { contrast, readTheme } from './theme.ts'
import { kindVariable } from '../../base/kind-color.ts'

const T0 = 1_800_000_000
const TEN = { startS: T0, endS: T0 + 10 }

/** The calls of a canvas context, with its fill color and opacity at the time. */
interface Drawing {
  readonly context: CanvasRenderingContext2D
  readonly calls: { method: string; args: unknown[]; fill: string; alpha: number }[]
}

/** A context that only records its calls; text is 7 px per letter. */
function recordingContext(): Drawing {
  const calls: Drawing['calls'] = []
  const state: Record<string, unknown> = { canvas: { width: 0, height: 0 }, globalAlpha: 1 }
  const context = new Proxy(state, {
    get(target, name: string) {
      if (name in target) return target[name]
      if (name === 'measureText') return (text: string) => ({ width: text.length * 7 })
      return (...args: unknown[]) => {
        const fill = String(target['fillStyle'])
        calls.push({ method: name, args, fill, alpha: Number(target['globalAlpha']) })
        return { addColorStop: () => undefined }
      }
    },
  })
  return { context: context as unknown as CanvasRenderingContext2D, calls }
}

const THEME = readTheme(
  (name) =>
    ({
      '--error': '#ff0000',
      '--live': '#00aa00',
      '--kind-tool-call': '#b35c00',
      '--on-bar': '#ffffff',
    })[name] ?? '',
)

function paint(trace: SyntheticTrace, options: Partial<SceneOptions> = {}): Drawing['calls'] {
  const { context, calls } = recordingContext()
  const scene = sceneOf(trace, { viewport: TEN, widthPx: 1000, ...options })
  createPainter(context, THEME).paint(scene, [], 0)
  return calls
}

function texts(calls: Drawing['calls']): unknown[] {
  return calls.filter(({ method }) => method === 'fillText').map(({ args }) => args[0])
}

describe('labels', () => {
  const tool = (startS: number, endS: number, subject = 'web_search') => ({
    kind: 'tool_call',
    startS: T0 + startS,
    endS: T0 + endS,
    subject,
  })

  test('have subject and duration if both fit, else the subject', () => {
    const trace = new SyntheticTrace().add([tool(0, 2), tool(2, 2.9), tool(2.9, 10, 'b')])
    expect(texts(paint(trace))).toEqual(['web_search  2 s', 'web_search', 'b  7.1 s'])
  })

  test('are beside a bar that is too narrow, if there is room', () => {
    const calls = paint(new SyntheticTrace().add([tool(1, 1.2), tool(5, 5.2), tool(5.3, 5.5, 'x')]))
    expect(texts(calls)).toEqual(['web_search  200 ms', 'x'])
    const beside = calls.find(({ method }) => method === 'fillText')
    expect(beside?.args[1]).toBeGreaterThan(120)
    expect(beside?.fill).toBe(THEME.text)
  })

  test('stay visible when the bar begins left of the view', () => {
    const calls = paint(new SyntheticTrace().add([tool(-100, 5)]))
    expect(calls.find(({ method }) => method === 'fillText')?.args[1]).toBe(6)
  })

  test('shorten the names of models and number turns', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'turn', startS: T0, endS: T0 + 5, subject: '4' },
      {
        kind: 'lm_inference',
        startS: T0 + 5,
        endS: T0 + 9,
        subject: "OpenAIChat(id='Qwen/Qwen3-8B')",
      },
    ])
    expect(texts(paint(trace))).toEqual(['turn 4  5 s', 'Qwen3-8B  4 s'])
  })

  test('are not drawn beyond the playhead', () => {
    const trace = new SyntheticTrace().add([tool(1, 1.2)])
    expect(texts(paint(trace, { playheadS: T0 + 1.5 }))).toEqual([])
  })
})

describe('a painted scene', () => {
  test('shows ended spans above the open span around them in a collapsed group', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'agent', startS: T0, flags: SpanFlag.OPEN },
      { kind: 'tool_call', startS: T0 + 2, endS: T0 + 4, row: 1 },
    ])
    const offscreen = recordingContext()
    const pixelBars = new PixelBars(offscreen.context)
    const scene = sceneOf(trace, {
      viewport: TEN,
      widthPx: 1000,
      collapsed: ['agent'],
      live: true,
      nowS: T0 + 8,
    })
    const { context, calls } = recordingContext()
    createPainter(context, THEME, { pixels: pixelBars }).paint(scene, [], 0)
    expect(calls.filter(({ method }) => method === 'fill')).toEqual([])
    const image = offscreen.calls.find(({ method }) => method === 'putImageData')
      ?.args[0] as ImageData
    const pixels = new Uint32Array(image.data.buffer)
    expect([pixels[100], pixels[300]]).not.toContain(0)
    expect(pixels[100]).not.toBe(pixels[300])
    expect(pixels[500]).toBe(pixels[100])
  })

  test('shows a match of a query at full opacity, however short it is', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool_call', startS: T0 + 2, endS: T0 + 2.001 },
      { kind: 'tool_call', startS: T0 + 4, endS: T0 + 4.001 },
    ])
    const offscreen = recordingContext()
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 1000, matches: Uint8Array.of(0, 1) })
    const pixelBars = new PixelBars(offscreen.context)
    createPainter(recordingContext().context, THEME, { pixels: pixelBars }).paint(scene, [], 0)
    const image = offscreen.calls.find(({ method }) => method === 'putImageData')
      ?.args[0] as ImageData
    const [other, match] = [200, 400].map((xPx) => image.data[4 * xPx + 3]!)
    expect(match).toBeGreaterThan(250)
    expect(other).toBeLessThan(64)
  })

  test('hatches an open wait to its end, where it fades out', () => {
    const trace = new SyntheticTrace().add([{ kind: 'wait', startS: T0, flags: SpanFlag.OPEN }])
    const { context, calls } = recordingContext()
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 1000, live: true, nowS: T0 + 8 })
    const hatch = 'hatch' as unknown as CanvasPattern
    createPainter(context, THEME, { hatch }).paint(scene, [], 0)
    const hatched = calls.filter(({ method, fill }) => method === 'fillRect' && fill === 'hatch')
    const last = hatched.at(-1)!
    expect(Number(last.args[0]) + Number(last.args[2])).toBe(799)
    expect(last.alpha).toBeLessThan(0.2)
    expect(calls.map(({ method }) => method)).not.toContain('createLinearGradient')
  })

  test('gives a failed span a red edge of 3 px, however narrow it is', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool_call', startS: T0 + 3, endS: T0 + 3.001, errorAtS: T0 + 3.001 },
    ])
    const red = paint(trace).filter(
      ({ method, fill }) => method === 'fillRect' && fill === '#ff0000',
    )
    expect(red.map(({ args }) => args[2])).toEqual([3])
  })

  test('outlines an ambiguous span with dots', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool_call', startS: T0 + 3, endS: T0 + 6, flags: SpanFlag.AMBIGUOUS },
    ])
    const dashes = paint(trace).filter(({ method }) => method === 'setLineDash')
    expect(dashes.map(({ args }) => args[0])).toContainEqual([2, 2])
  })

  test('shows a span that has just begun above the line of now, without a soft end', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool_call', startS: T0 + 5, flags: SpanFlag.OPEN },
    ])
    const calls = paint(trace, { live: true, nowS: T0 + 5.002 })
    const line = calls.findIndex(({ fill }) => fill === THEME.live)
    const bar = calls.findIndex(({ method, fill }) => method === 'fill' && fill === '#b35c00')
    expect(line).toBeGreaterThan(-1)
    expect(bar).toBeGreaterThan(line)
    const [xPx, , widthPx] = calls[bar - 1]!.args
    expect([xPx, widthPx]).toEqual([500, 2])
  })

  test('draws spans that do not match a query at a quarter of the opacity', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool_call', startS: T0 + 1, endS: T0 + 2 },
      { kind: 'tool_call', startS: T0 + 3, endS: T0 + 4 },
    ])
    const bars = paint(trace, { matches: Uint8Array.of(0, 1) }).filter(
      ({ method, fill }) => method === 'fill' && fill === '#b35c00',
    )
    expect(bars.map(({ alpha }) => alpha)).toEqual([1, 0.25])
  })
})

test('the color changes a few times per frame, not once per bar', () => {
  const trace = syntheticRun(5000)
  const { firstS, lastS } = trace.columns
  const calls = paint(trace, { viewport: { startS: firstS, endS: lastS } })
  const fills = calls.filter(({ method }) => method === 'fillRect' || method === 'fill')
  const changes = fills.filter(
    ({ fill, alpha }, at) => fill !== fills[at - 1]?.fill || alpha !== fills[at - 1]?.alpha,
  )
  expect(fills.length).toBeGreaterThan(2000)
  expect(changes.length).toBeLessThan(60)
})

describe('colors', () => {
  test('of an unknown kind are one of six, chosen by its name', () => {
    const variables = new Set(Array.from({ length: 200 }, (_, at) => kindVariable(`kind_${at}`)))
    expect(variables.size).toBe(6)
    expect(kindVariable('browse')).toBe(kindVariable('browse'))
    expect(kindVariable('tool_call')).toBe('--kind-tool-call')
  })

  test('of text on a bar have enough contrast', () => {
    const colors = ['#2f6fd0', '#8a94a3', '#b35c00', '#5b93dd', '#f0a04b', '#5f6a7a', '#8ab8f8']
    for (const fill of colors) {
      const theme = readTheme((name) => (name === '--kind-turn' ? fill : ''))
      expect(contrast(theme.barColors('turn').text, fill)).toBeGreaterThanOrEqual(4.5)
    }
  })
})
