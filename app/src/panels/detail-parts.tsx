/** The parts of the details panel: facts, notices, links to spans, raw metadata. */
import { useState, type ReactNode } from 'react'
import { listedDuration, detailedLabel } from '../model/span-labels.ts'
import { useApp, useAppState } from '../page/app.tsx'
import { kindVariable } from '../base/kind-color.ts'
import { setFields } from '../store/transitions.ts'
import { useAnswer } from '../page/use-answer.ts'
import { CloseIcon, ErrorIcon, FitIcon, WarningIcon } from '../ui/icons.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { JsonTree } from './JsonTree.tsx'

/** A swatch in the color of a kind, beside the kind's name. */
export function KindDot({ kind }: { kind: string }) {
  return <span className="kind-dot" style={{ background: `var(${kindVariable(kind)})` }} />
}

interface FactProps {
  readonly name: string
  readonly title?: string
  readonly children: ReactNode
}

export function Fact({ name, title, children }: FactProps) {
  return (
    <div className="fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

export function DetailsHeader({ label, children }: { label: string; children: ReactNode }) {
  const { store, timeline } = useApp()
  return (
    <header className="details-header">
      <div className="details-tools">
        <IconButton
          label="Fit in view"
          shortcut="F"
          className="small"
          onClick={() => timeline.current?.fitSelection()}
        >
          <FitIcon size={14} />
        </IconButton>
        <IconButton
          label="Close"
          shortcut="Esc"
          className="small"
          onClick={() => {
            store.update(setFields, { selected: undefined })
            timeline.current?.focus()
          }}
        >
          <CloseIcon size={14} />
        </IconButton>
      </div>
      <h2 dir="auto">{label}</h2>
      <p className="details-sub">{children}</p>
    </header>
  )
}

/** A warning or an error about the selection. */
export function Notice({ tone, children }: { tone: 'bad' | 'warn'; children: ReactNode }) {
  return (
    <div className={`notice ${tone}`}>
      {tone === 'bad' ? <ErrorIcon size={14} /> : <WarningIcon size={14} />}
      <div>{children}</div>
    </div>
  )
}

/** A button that selects a span and scrolls to it. */
function SpanLink({ slot }: { slot: number }) {
  const { columns, store, timeline } = useApp()
  const playheadS = useAppState((state) => state.playheadS)
  const kind = columns.kinds[columns.kind.at(slot)] ?? ''
  return (
    <button
      type="button"
      className="row-button span-link"
      onClick={() => {
        store.update(setFields, { selected: { type: 'span', slot } })
        timeline.current?.reveal({ type: 'span', slot })
      }}
    >
      <KindDot kind={kind} />
      <span className="span-link-label" dir="auto">
        {detailedLabel(columns, slot, playheadS)}
      </span>
      <span className="figure">{listedDuration(columns, slot, playheadS)}</span>
    </button>
  )
}

/** The parent of a span or mark; nothing if it has none. */
export function ParentSection({ slot }: { slot: number }) {
  if (slot < 0) return undefined
  return (
    <section className="details-section">
      <h3>Parent</h3>
      <SpanLink slot={slot} />
    </section>
  )
}

/** Links to the first spans, and a button that lists the rest. */
export function SpanLinks({ slots, first = 12 }: { slots: readonly number[]; first?: number }) {
  const [isAll, setAll] = useState(false)
  const shown = isAll ? slots : slots.slice(0, first)
  return (
    <ul className="span-links">
      {shown.map((slot) => (
        <li key={slot}>
          <SpanLink slot={slot} />
        </li>
      ))}
      {slots.length > shown.length && (
        <li>
          <button type="button" className="link" onClick={() => setAll(true)}>
            {slots.length - shown.length} more
          </button>
        </li>
      )}
    </ul>
  )
}

/** The line at `position` in the log as a tree, read on demand. */
export function RawMetadata({ title, position }: { title: string; position: number }) {
  const { answer, reason } = useAnswer('raw', { position })
  return (
    <section className="details-section">
      <div className="section-head">
        <h3>{title}</h3>
        {answer !== undefined && (
          <CopyButton
            label={`Copy ${title.toLowerCase()}`}
            text={JSON.stringify(answer, null, 2)}
          />
        )}
      </div>
      {reason !== undefined && <p className="muted">{reason}</p>}
      {answer !== undefined && <JsonTree value={answer} label={title} />}
    </section>
  )
}
