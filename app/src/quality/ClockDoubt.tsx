/** Whose clock is another than the server's, and by how much. */
import type { LogWriter } from '../model/run-info.ts'
import { visible } from '../base/visible.ts'
import { clockText, ofWriter, writerLabel } from './doubts.ts'

/** The table has them all. */
const MOST_NAMED = 5

interface ClockDoubtProps {
  readonly writers: readonly LogWriter[]
  readonly onShow: (query: string) => void
}

export function ClockDoubt({ writers, onShow }: ClockDoubtProps) {
  const more = writers.length - MOST_NAMED
  return (
    <div className="doubt">
      <dt>
        <span className="doubt-count">{writers.length.toLocaleString('en')}</span>{' '}
        {writers.length === 1 ? 'Clock that is off' : 'Clocks that are off'}
      </dt>
      <dd>
        Times are shown as they were written, so bars of different writers may be shifted against
        each other. Lines that were sent late look the same.
        <ul className="clocks">
          {writers.slice(0, MOST_NAMED).map((writer) => (
            <li key={writer.writer}>
              <button
                type="button"
                className="link"
                onClick={() => onShow(ofWriter(undefined, writer))}
              >
                {visible(writerLabel(writer))}
              </button>
              {againstServer(writer.clockBehindS ?? 0)}
            </li>
          ))}
          {more > 0 && <li>and {more.toLocaleString('en')} more</li>}
        </ul>
      </dd>
    </div>
  )
}

function againstServer(behindS: number): string {
  return `: clock ${clockText(behindS)} ${behindS > 0 ? 'the server' : 'of the server'}`
}
