/** `wattline spans FILE`: the spans of a log, as a tree or as JSON lines. */
import {
  groupableText,
  groupUnder,
  isKeptInTrace,
  costOf,
  type Mark,
  markRecord,
  overlaidMetadata,
  type OwnValue,
  pairUpstream,
  type PriceList,
  showHiddenInLine,
  type Span,
  spanRecord,
  Trace,
} from '@wattline/trace'
import { callDetail } from '@wattline/trace/detail'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { LogReading } from '../../files/read-log.ts'
import { type CliIo, writeLines } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { readPrices } from '../input/price-file.ts'
import { SpanListing } from '../report/span-listing.ts'
import { positionOf, treeRows } from '../report/span-tree.ts'
import { logTitle, qualityNotes } from '../report/title-and-notes.ts'
import { count, layoutFor, type TextLayout } from '../base/terminal.ts'

export interface SpansFlags {
  readonly json?: boolean
  readonly points?: boolean
  readonly group?: string
  readonly prices?: string
  readonly pairing: 'wattline' | 'upstream'
}

/** The spans and marks to print, and the metadata of their events. */
interface Listing {
  readonly trace: Trace
  readonly metadataAt: LogReading['metadataAt']
}

export async function spans(file: string, flags: SpansFlags, io: CliIo): Promise<void> {
  const isUpstream = flags.pairing === 'upstream'
  const isGroupKept = flags.group === undefined || isKeptInTrace(flags.group)
  const keepEvents =
    flags.json === true || isUpstream || !isGroupKept || (await isSmall(resolve(io.cwd, file)))
  const prices = await readPrices(flags.prices, io)
  const reading = await readInput(file, io, { keepEvents })
  requireEvents(reading, file)
  const listing = isUpstream ? upstreamListing(reading) : reading
  const lines =
    flags.json === true
      ? jsonLines(listing, flags, prices)
      : treeLines(file, reading, listing, flags, layoutFor(io.stdout, io.env))
  await writeLines(io.stdout, lines)
}

/** The listing of a larger log, or of a stream, does not say what calls do. */
const SMALL_BYTES = 32 * 1024 * 1024

async function isSmall(path: string): Promise<boolean> {
  // A path that cannot be read is reported where it is read.
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && found.size <= SMALL_BYTES
}

/**
 * Only the pairs that Intelligence Per Watt makes. The two events of a pair get the same unique id, so
 * that the trace pairs exactly these.
 */
function upstreamListing(reading: LogReading): Listing {
  const positions = [...reading.events.keys()]
  const events = [...reading.events.values()]
  const trace = new Trace()
  for (const [pair, [start, end]] of pairUpstream(events).entries()) {
    const metadata = {
      ...events[start]?.metadata,
      ...events[end]?.metadata,
      id: `upstream-${pair}`,
    }
    for (const index of [start, end]) {
      const event = events[index]
      if (event !== undefined) trace.add({ ...event, metadata }, positions[index] ?? index)
    }
  }
  trace.setWriter(0, 'closed')
  trace.flush()
  return { ...reading, trace }
}

/** The group of a span or mark under `key`; metadata has the values that the trace does not keep. */
function groupsUnder(key: string, { metadataAt }: Listing): OwnValue {
  return groupUnder(key, (item) => {
    if ('orphan' in item && item.orphan) return undefined
    const metadata = metadataAt(positionOf(item))
    return Object.hasOwn(metadata, key) ? groupableText(metadata[key]) : undefined
  })
}

function* jsonLines(
  listing: Listing,
  flags: SpansFlags,
  prices: PriceList | undefined,
): Generator<string> {
  const { trace, metadataAt } = listing
  const groupOf = groupsUnder(flags.group ?? 'agent', listing)
  for (const span of trace.spans) {
    const parts = [span.startPosition, ...span.updatePositions].map((at) => metadataAt(at))
    const end = metadataAt(span.endPosition)
    const start = overlaidMetadata(parts)
    yield JSON.stringify(spanRecord(span, start, end, groupOf(span), costOf(trace, span, prices)))
  }
  if (flags.points !== true) return
  for (const mark of trace.marks) {
    yield JSON.stringify(markRecord(mark, metadataAt(mark.position), groupOf(mark)))
  }
}

function* treeLines(
  file: string,
  reading: LogReading,
  listing: Listing,
  flags: SpansFlags,
  layout: TextLayout,
): Generator<string> {
  const { style } = layout
  const { trace, metadataAt } = listing
  const detailOf = (item: Span | Mark): string | undefined =>
    'orphan' in item ? undefined : callDetail(item.kind, metadataAt(item.startPosition))
  yield logTitle(file, trace, style)
  const { firstS = 0, lastS = 0 } = trace
  for (const group of groupsOf(listing, flags)) {
    const rows = treeRows(group.spans, group.marks)
    const lines = new SpanListing(rows, { ...layout, firstS, lastS, detailOf })
    yield ''
    if (group.label !== undefined) {
      const none = style.dim(`(no ${flags.group})`)
      const name = group.label === '' ? none : style.bold(showHiddenInLine(group.label))
      yield `${name}  ${style.dim(count(group.spans.length, 'span'))}`
    }
    yield lines.header()
    for (const row of rows) yield lines.row(row)
  }
  const notes = qualityNotes(reading, trace, style)
  if (notes.length > 0) yield ''
  yield* notes
}

interface Group {
  readonly label: string | undefined
  readonly spans: Span[]
  readonly marks: Mark[]
}

/** Groups in the order of their first span; without `--group`, one group without a label. */
function groupsOf(listing: Listing, { group: key, points }: SpansFlags): Iterable<Group> {
  const { spans, marks } = listing.trace
  const shownMarks = points === true ? marks : []
  if (key === undefined) return [{ label: undefined, spans: [...spans], marks: [...shownMarks] }]
  const groupOf = groupsUnder(key, listing)
  const groups = new Map<string, Group>()
  const groupFor = (item: Span | Mark): Group => {
    const label = groupOf(item) ?? ''
    let group = groups.get(label)
    if (group === undefined) groups.set(label, (group = { label, spans: [], marks: [] }))
    return group
  }
  for (const span of spans) groupFor(span).spans.push(span)
  for (const mark of shownMarks) groupFor(mark).marks.push(mark)
  return groups.values()
}
