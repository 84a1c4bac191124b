/** The data quality dialog: each problem of the run with its meaning and a search for it, and a table by writer. */
import { formatInteger } from '../base/format.ts'
import { useRef, useState } from 'react'
import { useApp, useAppState } from '../page/app.tsx'
import type { LogWriter } from '../model/run-info.ts'
import type { Viewport } from '../model/view-state.ts'
import { setQuery, showTime, setDialog } from '../store/transitions.ts'
import { CheckIcon } from '../ui/icons.tsx'
import { Modal } from '../ui/Modal.tsx'
import { ClockProblem } from './ClockProblem.tsx'
import { MalformedLines } from './MalformedLines.tsx'
import { ProblemItem } from './ProblemItem.tsx'
import {
  countOf,
  MALFORMED,
  problemsOf,
  showText,
  withClockSkew,
  type Problem,
} from './problems.ts'
import { TelemetryProblems } from './TelemetryProblems.tsx'
import { WriterTable } from './WriterTable.tsx'
import './quality.css'

export function QualityDialog() {
  const { store } = useApp()
  const writers = useAppState((state) => state.writers)
  const tornLine = useAppState((state) => state.tornLine)
  const energy = useAppState((state) => state.energy)
  /** The writer whose unreadable lines are listed; undefined = all writers. */
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
  const problems = problemsOf(writers)
  const clocks = withClockSkew(writers)
  const isWell = problems.length + clocks.length === 0 && tornLine === undefined
  return (
    <Modal
      title="Data quality"
      className={writers.length > 1 ? 'quality-dialog wide' : 'quality-dialog'}
      onClose={close}
    >
      {isWell && (
        <p className="all-well">
          <CheckIcon /> All lines were read, every end has a start, and no event is missing.
        </p>
      )}
      <dl>
        {tornLine !== undefined && (
          <ProblemItem count={1} name="Incomplete last line">
            Line {formatInteger(tornLine)} is cut off, so it is not an event yet.
          </ProblemItem>
        )}
        {problems.map((problem) => (
          <ProblemRow
            key={problem.name}
            problem={problem}
            writers={writers}
            onShow={problem === MALFORMED ? () => list(undefined) : show}
          />
        ))}
        {clocks.length > 0 && <ClockProblem writers={clocks} onShow={show} />}
      </dl>
      {writers.length > 1 && (
        <WriterTable writers={writers} problems={problems} onShow={show} onList={list} />
      )}
      <NotMeasured writers={writers} />
      {energy !== undefined && <TelemetryProblems energy={energy} onShow={showRange} />}
      <MalformedLines ref={lines} writer={listed} onAll={() => list(undefined)} />
    </Modal>
  )
}

interface ProblemRowProps {
  readonly problem: Problem
  readonly writers: readonly LogWriter[]
  readonly onShow: (query: string) => void
}

function ProblemRow({ problem, writers, onShow }: ProblemRowProps) {
  const { name, meaning, query = '', isHarmless } = problem
  const text = showText(problem, writers)
  return (
    <ProblemItem count={countOf(problem, writers) ?? 0} name={name} isHarmless={isHarmless}>
      {meaning}{' '}
      {(query !== '' || problem === MALFORMED) && (
        <button
          type="button"
          className="link"
          aria-label={`${text}: ${name}`}
          onClick={() => onShow(query)}
        >
          {text}
        </button>
      )}
    </ProblemItem>
  )
}

/** Shown where duplicates and clocks were not measured, so that "none" is not read as "measured: 0". */
function NotMeasured({ writers }: { writers: readonly LogWriter[] }) {
  if (writers.some(({ duplicates }) => duplicates !== undefined)) return undefined
  return (
    <p className="muted not-measured">Duplicates and clock skew are only measured for live runs.</p>
  )
}
