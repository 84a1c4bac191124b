/** How sure the picture is: each doubt with what it means, of the run and of each writer, and a way to see it. */
import { useRef, useState } from 'react'
import { useApp, useAppState } from '../page/app.tsx'
import type { LogWriter } from '../model/run-info.ts'
import type { Viewport } from '../model/view-state.ts'
import { setQuery, showTime, setDialog } from '../store/transitions.ts'
import { CheckIcon } from '../ui/icons.tsx'
import { Modal } from '../ui/Modal.tsx'
import { ClockDoubt } from './ClockDoubt.tsx'
import { countOf, doubtsOf, MALFORMED, showText, withOtherClock, type Doubt } from './doubts.ts'
import { MalformedLines } from './MalformedLines.tsx'
import { TelemetryDoubts } from './TelemetryDoubts.tsx'
import { WriterTable } from './WriterTable.tsx'
import './quality.css'

export function QualityDialog() {
  const { store } = useApp()
  const writers = useAppState((state) => state.writers)
  const tornLine = useAppState((state) => state.tornLine)
  const energy = useAppState((state) => state.energy)
  /** Whose unreadable lines are listed; undefined = everybody's. */
  const [listed, setListed] = useState<LogWriter>()
  const lines = useRef<HTMLOListElement>(null)
  const close = (): void => store.update(setDialog, undefined)
  const show = (query: string): void => {
    close()
    store.update(setQuery, query)
  }
  const showRange = (range: Viewport): void => {
    close()
    store.update(showTime, range)
  }
  const list = (writer: LogWriter | undefined): void => {
    setListed(writer)
    lines.current?.focus()
  }
  const doubts = doubtsOf(writers)
  const clocks = withOtherClock(writers)
  const isWell = doubts.length + clocks.length === 0 && tornLine === undefined
  return (
    <Modal
      title="Data quality"
      className={writers.length > 1 ? 'quality-dialog wide' : 'quality-dialog'}
      onClose={close}
    >
      {isWell && (
        <p className="all-well">
          <CheckIcon /> Every line was read, every end has found its start, and nothing was lost.
        </p>
      )}
      <dl className="doubts">
        {tornLine !== undefined && (
          <div className="doubt">
            <dt>
              <span className="doubt-count">1</span> Last line cut off
            </dt>
            <dd>Line {tornLine.toLocaleString('en')} has no end, so it is not an event yet.</dd>
          </div>
        )}
        {doubts.map((doubt) => (
          <DoubtRow
            key={doubt.name}
            doubt={doubt}
            writers={writers}
            onShow={doubt === MALFORMED ? () => list(undefined) : show}
          />
        ))}
        {clocks.length > 0 && <ClockDoubt writers={clocks} onShow={show} />}
      </dl>
      {writers.length > 1 && (
        <WriterTable writers={writers} doubts={doubts} onShow={show} onList={list} />
      )}
      <NotCounted writers={writers} />
      {energy !== undefined && <TelemetryDoubts energy={energy} onShow={showRange} />}
      <MalformedLines ref={lines} writer={listed} onAll={() => list(undefined)} />
    </Modal>
  )
}

interface DoubtRowProps {
  readonly doubt: Doubt
  readonly writers: readonly LogWriter[]
  readonly onShow: (query: string) => void
}

function DoubtRow({ doubt, writers, onShow }: DoubtRowProps) {
  const { name, meaning, query = '', isHarmless } = doubt
  const count = countOf(doubt, writers) ?? 0
  const text = showText(doubt, writers)
  const isSeen = query !== '' || doubt === MALFORMED
  return (
    <div className="doubt">
      <dt>
        <span className={isHarmless ? 'doubt-count harmless' : 'doubt-count'}>
          {count.toLocaleString('en')}
        </span>{' '}
        {name}
      </dt>
      <dd>
        {meaning}{' '}
        {isSeen && (
          <button
            type="button"
            className="link"
            aria-label={`${text}: ${name}`}
            onClick={() => onShow(query)}
          >
            {text}
          </button>
        )}
      </dd>
    </div>
  )
}

/** Unknown is not zero. */
function NotCounted({ writers }: { writers: readonly LogWriter[] }) {
  if (writers.some(({ duplicates }) => duplicates !== undefined)) return undefined
  return (
    <p className="muted not-counted">
      Nobody counted what came twice here, or how far clocks were off: a server does, while it
      receives.
    </p>
  )
}
