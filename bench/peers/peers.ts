/** The peers: the file format of each, the page that shows it, and how its wheel zooms. */
import { closeSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Wheel } from '../lib/frames.ts'
import type { Routes } from '../lib/file-server.ts'
import type { Signs } from '../lib/opening.ts'
import { walkStack, type PeerSpan } from './spans.ts'

export interface Peer {
  readonly name: string
  /** Path of its page on the server. */
  readonly path: string
  /** The most spans it is tried with: it creates an element per span. */
  readonly maxSpans: number
  readonly signs: Signs
  readonly wheel: Wheel
  write(file: string, spans: readonly PeerSpan[]): void
}

/** A page in which a person chooses a file and sees the chart. */
const pageOf = (head: string, body: string, show: string): string => `<!doctype html>
<title>peer</title><style>body { margin: 0 } input { position: absolute; right: 0 }</style>
${head}${body}<input type="file"><script>
document.querySelector('input').onchange = async ({ target }) => {
  const data = JSON.parse(await target.files[0].text())
  ${show}
  document.body.dataset.state = 'ready'
}
</script>`

const FLAME_PAGE = pageOf(
  '<script src="/flame-chart-js/index.min.js"></script>',
  '<canvas width="1440" height="900"></canvas>',
  `const { FlameChart } = globalThis.flameChartJs ?? globalThis['flame-chart-js']
  const canvas = document.querySelector('canvas')
  new FlameChart({ canvas, data, settings: { options: { timeUnits: 'ms' } } })`,
)

/** Groups are rows without overlaps, so that it need not stack; there is no HTML to sanitize. */
const VIS_PAGE = pageOf(
  `<link rel="stylesheet" href="/vis-timeline/styles/vis-timeline-graph2d.min.css">
<script src="/vis-timeline/standalone/umd/vis-timeline-graph2d.min.js"></script>`,
  '<div id="chart" style="height: 900px"></div>',
  `const groups = [...new Set(data.map(({ group }) => group))].map((id) => ({ id, content: '' }))
  // Without bounds it pans away from the data, where drawing costs nothing.
  const min = data[0].start, max = data.reduce((last, { end }) => Math.max(last, end), min)
  new vis.Timeline(document.querySelector('#chart'), data, groups, {
    min, max, stack: false, height: 900, zoomKey: 'ctrlKey', horizontalScroll: true, xss: { disabled: true },
  })`,
)

/** The routes of the server for the peers' pages; `packages` is the folder of their packages. */
export const peerRoutes = (packages: string): Routes => ({
  '/flame.html': { text: FLAME_PAGE },
  '/vis.html': { text: VIS_PAGE },
  '/flame-chart-js/': { folder: path.join(packages, 'flame-chart-js/dist') },
  '/vis-timeline/': { folder: path.join(packages, 'vis-timeline') },
  '/speedscope/': { folder: path.join(packages, 'speedscope/dist/release') },
})

/** Excludes the canvas before a profile is loaded, and the minimap, which is 100 px high. */
const SPEEDSCOPE_CHART = 'canvas[class]:not([height="100"])'
const READY = { ready: 'body[data-state=ready]' }

export const PEERS: readonly Peer[] = [
  {
    name: 'speedscope',
    path: '/speedscope/',
    maxSpans: Infinity,
    signs: { ready: SPEEDSCOPE_CHART },
    wheel: { selector: SPEEDSCOPE_CHART, zoom: 'plus', scale: 40 },
    write: writeSpeedscope,
  },
  {
    name: 'flame-chart-js',
    path: '/flame.html',
    maxSpans: Infinity,
    signs: READY,
    wheel: { selector: 'canvas', zoom: 'minus', scale: 1_000 },
    write: writeTree,
  },
  {
    name: 'vis-timeline',
    path: '/vis.html',
    maxSpans: 10_000,
    signs: READY,
    wheel: { selector: '.vis-center .vis-content', zoom: 'exponential', scale: 600 },
    write: writeItems,
  },
]

/** Writes text in blocks, because a large file exceeds the maximum length of a string. */
function inBlocks(file: string, produce: (write: (text: string) => void) => void): void {
  const fd = openSync(file, 'w')
  let block = ''
  produce((text) => {
    block += text
    if (block.length < 1 << 20) return
    writeSync(fd, block)
    block = ''
  })
  writeSync(fd, block)
  closeSync(fd)
}

/** Its "evented" format: frames open and close on one stack. */
function writeSpeedscope(file: string, spans: readonly PeerSpan[]): void {
  const frames = [...new Set(spans.map(({ name }) => name))]
  const frameOf = new Map(frames.map((name, index) => [name, index]))
  inBlocks(file, (write) => {
    const shared = JSON.stringify({ frames: frames.map((name) => ({ name })) })
    write(`{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":${shared},`)
    write('"profiles":[{"type":"evented","name":"run","unit":"seconds","startValue":0,"events":[')
    let comma = ''
    const event = (type: string) => (span: PeerSpan, atS: number) => {
      write(`${comma}{"type":"${type}","frame":${frameOf.get(span.name)},"at":${atS}}`)
      comma = ','
    }
    const endS = walkStack(spans, event('O'), event('C'))
    write(`],"endValue":${endS}}]}`)
  })
}

/** A tree of nodes, in milliseconds. */
function writeTree(file: string, spans: readonly PeerSpan[]): void {
  inBlocks(file, (write) => {
    let comma = ''
    write('[')
    walkStack(
      spans,
      ({ name, startS, endS }, atS) => {
        const node = { name, start: atS * 1_000, duration: (endS - startS) * 1_000, type: name }
        write(`${comma}${JSON.stringify(node).slice(0, -1)},"children":[`)
        comma = ''
      },
      () => {
        write(']}')
        comma = ','
      },
    )
    write(']')
  })
}

function writeItems(file: string, spans: readonly PeerSpan[]): void {
  const items = spans.map(({ name, startS, endS, track, depth }, id) => {
    const times = { start: startS * 1_000, end: endS * 1_000 }
    return { id, content: name, ...times, type: 'range', group: track * 100 + depth }
  })
  inBlocks(file, (write) => write(JSON.stringify(items)))
}
