/** The writers whose clock differs from the server's, and by how much. */
import { formatInteger } from '../base/format.ts'
import type { LogWriter } from '../model/run-info.ts'
import { ProblemItem } from './ProblemItem.tsx'
import { clockText, ofWriter, writerLabel } from './problems.ts'

/** The table of writers lists all of them. */
const MOST_NAMED = 5

interface ClockProblemProps {
  readonly writers: readonly LogWriter[]
  readonly onShow: (query: string) => void
}

export function ClockProblem({ writers, onShow }: ClockProblemProps) {
  const more = writers.length - MOST_NAMED
  return (
    <ProblemItem count={writers.length} name="Clocks that differ from the server’s">
      Times are shown as written, so the bars of different writers may be shifted against each
      other. Lines that were sent late look the same.
      <ul className="clocks">
        {writers.slice(0, MOST_NAMED).map((writer) => (
          <li key={writer.writer}>
            <button
              type="button"
              className="link"
              onClick={() => onShow(ofWriter(undefined, writer))}
            >
              {writerLabel(writer)}
            </button>
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
