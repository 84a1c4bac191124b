/**
 * The card of the span or mark under the pointer. It is anchored to the bar at the time where the
 * pointer entered it: it moves with the bar, not with the pointer, and never covers the bar.
 */
import { flip, offset, shift, useFloating } from '@floating-ui/react-dom'
import {
  formatCost,
  formatCount,
  formatDuration,
  kindLabel,
  shortModel,
  SpanFlag,
} from '@wattline/trace'
import { useLayoutEffect, useMemo, useState } from 'react'
import { flagsAt, subjectAt } from '../model/at-playhead.ts'
import { columnsOf } from '../model/columns.ts'
import { MarkFlag } from '../model/patch.ts'
import { kindVariable } from '../base/kind-color.ts'
import type { Frames } from '../base/frame.ts'
import type { Selected } from '../model/view-state.ts'
import {
  durationOf,
  flagWords,
  groupLabel,
  markLabel,
  detailedLabel,
} from '../model/span-labels.ts'
import type { TimelineEngine } from './engine.ts'
import { isolated } from '../base/isolated.ts'
import { formatTime } from '../base/format.ts'
import { useFrameValue } from '../base/use-scheduled.ts'

export interface Hover {
  readonly selected: Selected
  /** The anchor on the bar, Unix seconds. */
  readonly timeS: number
}

export interface HoverCardProps {
  readonly engine: TimelineEngine
  readonly frames: Frames
  readonly hover: Hover
  readonly canvas: HTMLCanvasElement
}

const MIDDLEWARE = [offset(8), flip({ padding: 8 }), shift({ padding: 8 })]

export function HoverCard({ engine, frames, hover, canvas }: HoverCardProps) {
  const [card, setCard] = useState<HTMLDivElement | null>(null)
  const anchor = useMemo(
    () => ({
      contextElement: canvas,
      getBoundingClientRect: () => anchorOf(engine, hover, canvas),
    }),
    [engine, hover, canvas],
  )
  const { floatingStyles, update } = useFloating({
    strategy: 'fixed',
    placement: 'bottom-start',
    middleware: MIDDLEWARE,
    elements: { reference: anchor, floating: card },
  })
  // Moves the card along with the view.
  useFrameValue(frames, () => engine.state.viewport)
  useLayoutEffect(update)
  // Renders each second, so that the time of an open span counts up.
  useFrameValue(frames, () => Math.floor(engine.nowS()))
  const fields = hover.selected.type === 'span' ? spanFields(engine, hover.selected.slot) : []
  return (
    <div ref={setCard} className="timeline-card" style={floatingStyles} role="tooltip">
      <Title engine={engine} selected={hover.selected} />
      <dl>
        {[...fields, startField(engine, hover.selected)].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Flags engine={engine} selected={hover.selected} />
    </div>
  )
}

/** The bar at the time of the anchor, 24 px wide, clipped to the canvas. */
function anchorOf(engine: TimelineEngine, hover: Hover, canvas: HTMLCanvasElement): DOMRect {
  const box = canvas.getBoundingClientRect()
  const rect = engine.rectOf(hover.selected)
  if (rect === undefined) return new DOMRect(box.left, box.top, 0, 0)
  const { startS, endS } = engine.state.viewport
  const timePx = ((hover.timeS - startS) / (endS - startS)) * engine.widthPx
  const atPx = Math.min(Math.max(timePx, rect.leftPx, 0), engine.widthPx)
  const topPx = Math.min(Math.max(rect.topPx, 0), engine.heightPx)
  const bottomPx = Math.min(Math.max(rect.topPx + rect.heightPx, 0), engine.heightPx)
  return new DOMRect(box.left + atPx - 12, box.top + topPx, 24, bottomPx - topPx)
}

type Field = readonly [name: string, value: string]

function Title({ engine, selected }: { engine: TimelineEngine; selected: Selected }) {
  const { columns, state } = engine
  const isSpan = selected.type === 'span'
  const of = columnsOf(columns, selected.type)
  const kind = columns.kinds[of.kind.at(selected.slot)] ?? ''
  const label = isSpan
    ? detailedLabel(columns, selected.slot, state.playheadS)
    : markLabel(columns, selected.slot)
  const group = groupLabel(columns.groups[of.group.at(selected.slot)]?.label ?? '')
  const kindName = kindLabel(kind)
  const detail = isSpan && label === kindName ? modelOf(engine, selected.slot) : kindName
  return (
    <header>
      <i style={{ background: `var(${kindVariable(kind)})` }} />
      <strong dir="auto">{label}</strong>
      <span>{[detail, group].flatMap((name) => (name ? isolated(name) : [])).join(' · ')}</span>
    </header>
  )
}

/** The model of a phase, which is labeled by its kind alone. */
function modelOf({ columns, state }: TimelineEngine, slot: number): string | undefined {
  const subject = columns.strings[subjectAt(columns, slot, state.playheadS)]
  return subject === undefined ? undefined : shortModel(subject)
}

function spanFields(engine: TimelineEngine, slot: number): Field[] {
  const { columns } = engine
  const { playheadS } = engine.state
  const durationS = durationOf(columns, slot, playheadS)
  const isUnusable = (flagsAt(columns, slot, playheadS) & SpanFlag.CLOCK) !== 0
  if (durationS === undefined && !isUnusable) {
    const didNotEnd = playheadS === undefined && !Number.isNaN(columns.fadeS.at(slot))
    const soFarS = (playheadS ?? engine.nowS()) - columns.startS.at(slot)
    return didNotEnd ? [] : [['so far', formatDuration(soFarS)]]
  }
  const tokens = columns.tokens.at(slot)
  const costUsd = columns.costUsd.at(slot)
  const duration = durationS === undefined ? 'unknown' : formatDuration(durationS)
  const fields: Field[] = [['duration', duration]]
  if (!Number.isNaN(tokens)) fields.push(['tokens', formatCount(tokens)])
  if (!Number.isNaN(costUsd)) fields.push(['cost', formatCost(costUsd)])
  return fields
}

function startField({ columns, state }: TimelineEngine, selected: Selected): Field {
  const timeS = columnsOf(columns, selected.type).timeS.at(selected.slot)
  return [selected.type === 'span' ? 'start' : 'time', formatTime(timeS, columns, state.clock)]
}

function Flags({ engine, selected }: { engine: TimelineEngine; selected: Selected }) {
  const { columns, state } = engine
  if (selected.type === 'mark') {
    const failed = (columns.markFlags.at(selected.slot) & MarkFlag.ERROR) !== 0
    return failed ? <p className="timeline-failed">failed</p> : null
  }
  return flagWords(flagsAt(columns, selected.slot, state.playheadS)).map((word) => (
    <p key={word} className={word === 'failed' ? 'timeline-failed' : undefined}>
      {word}
    </p>
  ))
}
