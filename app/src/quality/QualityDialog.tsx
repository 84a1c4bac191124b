/** The data quality dialog: each problem of the run with its meaning and a search for it, and a table by writer. */
import { exactTime, formatInteger } from '../base/format.ts'
import { useRef, useState, type ReactNode } from 'react'
import { useApp, useAppState } from '../page/app.tsx'
import type { LogWriter } from '../model/run-info.ts'
import { setFields } from '../store/transitions.ts'
import { Button } from '../ui/Button.tsx'
import { CheckIcon } from '../ui/icons.tsx'
import { Modal } from '../ui/Modal.tsx'
import { MalformedLines } from './MalformedLines.tsx'
import {
  clockText,
  countOf,
  MALFORMED,
  ofWriter,
  OUTLIERS,
  problemsOf,
  showText,
  withClockSkew,
  writerLabel,
  type Problem,
} from './problems.ts'
import { SearchLink } from './SearchLink.tsx'
import { TelemetryProblems } from './TelemetryProblems.tsx'
import { WriterTable } from './WriterTable.tsx'
import './quality.css'

/** The table of writers lists all of them. */
const MOST_NAMED_CLOCKS = 5

export function QualityDialog() {
  const { store } = useApp()
  const writers = useAppState((state) => state.writers)
  const tornLine = useAppState((state) => state.tornLine)
  const coverage = useAppState((state) => state.coverage)
  const energy = useAppState((state) => state.energy)
  /** The writer whose unreadable lines are listed; undefined = all writers. */
  const [listed, setListed] = useState<LogWriter>()
  const lines = useRef<HTMLOListElement>(null)
  const list = (writer: LogWriter | undefined): void => {
    setListed(writer)
    lines.current?.focus()
  }
  const problems = problemsOf(writers)
  const clocks = withClockSkew(writers)
  // The first sentence is what was read, the others what was not.
  const isWell =
    problems.length + clocks.length === 0 && tornLine === undefined && coverage.length <= 1
  return (
    <Modal
      title="Data quality"
      className={writers.length > 1 ? 'quality-dialog wide' : 'quality-dialog'}
      onClose={() => store.update(setFields, { dialog: undefined })}
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
            onList={() => list(undefined)}
          />
        ))}
        {clocks.length > 0 && <ClockProblem writers={clocks} />}
      </dl>
      {coverage.length > 0 && (
        <section>
          <h3>What was read</h3>
          <ul className="coverage">
            {coverage.map((sentence) => (
              <li key={sentence}>
                <bdi>{sentence}</bdi>
              </li>
            ))}
          </ul>
        </section>
      )}
      {writers.length > 1 && <WriterTable writers={writers} problems={problems} onList={list} />}
      <NotMeasured writers={writers} />
      {energy !== undefined && <TelemetryProblems energy={energy} />}
      <MalformedLines ref={lines} writer={listed} onAll={() => list(undefined)} />
    </Modal>
  )
}

interface ProblemRowProps {
  readonly problem: Problem
  readonly writers: readonly LogWriter[]
  readonly onList: () => void
}

function ProblemRow({ problem, writers, onList }: ProblemRowProps) {
  const { name, meaning, query, isHarmless } = problem
  const text = showText(problem, writers)
  const link = { 'aria-label': `${text}: ${name}`, children: text }
  return (
    <ProblemItem count={countOf(problem, writers) ?? 0} name={name} isHarmless={isHarmless}>
      {meaning} {query !== undefined && <SearchLink {...link} query={query} />}
      {problem === OUTLIERS && <OutlierTimes />}
      {problem === MALFORMED && <Button className="link" {...link} onClick={onList} />}
    </ProblemItem>
  )
}

/** The times of the outliers, and a search for them. */
function OutlierTimes() {
  const times = useAppState((state) => state.outlierTimesS)
  return (
    <>
      {times.map((timeS) => (
        <code key={timeS}>{exactTime(timeS)} </code>
      ))}
      <SearchLink query="is:outlier" aria-label="Show them: Outliers">
        Show them
      </SearchLink>
    </>
  )
}

/** The writers whose clock differs from the server's. */
function ClockProblem({ writers }: { writers: readonly LogWriter[] }) {
  const more = writers.length - MOST_NAMED_CLOCKS
  return (
    <ProblemItem count={writers.length} name="Clocks that differ from the server’s">
      Times are shown as written, so the bars of different writers may be shifted against each
      other. Lines that were sent late look the same.
      <ul className="clocks">
        {writers.slice(0, MOST_NAMED_CLOCKS).map((writer) => (
          <li key={writer.writer}>
            <SearchLink query={ofWriter(undefined, writer)}>{writerLabel(writer)}</SearchLink>
            {againstServer(writer.clockBehindS ?? 0)}
          </li>
        ))}
        {more > 0 && <li>and {formatInteger(more)} more</li>}
      </ul>
    </ProblemItem>
  )
}

function againstServer(behindS: number): string {
  return `: clock ${clockText(behindS)} ${behindS > 0 ? 'the server' : 'of the server'}`
}

interface ProblemItemProps {
  readonly count: number
  readonly name: string
  readonly isHarmless?: boolean | undefined
  readonly children: ReactNode
}

/** One entry in the list of problems: how often it occurs, its name and an explanation. */
function ProblemItem({ count, name, isHarmless = false, children }: ProblemItemProps) {
  return (
    <div className="problem">
      <dt>
        <span className={isHarmless ? 'problem-count harmless' : 'problem-count'}>
          {formatInteger(count)}
        </span>{' '}
        {name}
      </dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Shown where duplicates and clocks were not measured, so that "none" is not read as "measured: 0". */
function NotMeasured({ writers }: { writers: readonly LogWriter[] }) {
  if (writers.some(({ duplicates }) => duplicates !== undefined)) return undefined
  return (
    <p className="muted not-measured">Duplicates and clock skew are only measured for live runs.</p>
  )
}
