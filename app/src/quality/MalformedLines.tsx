/** The lines that could not be read, each with the reason; a click shows the text of the line. */
import { showHidden, wholeBefore } from '@wattline/trace'
import { formatInteger } from '../base/format.ts'
import { useState, type RefObject } from 'react'
import { useAppState } from '../page/app.tsx'
import type { LogWriter, MalformedLine } from '../model/run-info.ts'
import { useAnswer } from '../page/use-answer.ts'
import { Button } from '../ui/Button.tsx'
import { writerLabel } from './problems.ts'

/** A line can have megabytes. */
const SHOWN_CHARS = 2000

interface MalformedLinesProps {
  readonly ref: RefObject<HTMLOListElement | null>
  /** Lists the lines of this writer only. */
  readonly writer: LogWriter | undefined
  readonly onAll: () => void
}

export function MalformedLines({ ref, writer, onAll }: MalformedLinesProps) {
  const all = useAppState((state) => state.quality?.malformed ?? 0)
  const kept = useAppState((state) => state.malformed)
  if (all === 0) return undefined
  const count = writer === undefined ? all : writer.malformed
  const lines = writer === undefined ? kept : kept.filter((line) => line.writer === writer.writer)
  return (
    <section>
      <h3 id="malformed">Unreadable lines{writer !== undefined && `, ${writerLabel(writer)}`}</h3>
      <ol ref={ref} className="malformed" tabIndex={0} aria-labelledby="malformed">
        {lines.map((line) => (
          <Line key={line.position} line={line} />
        ))}
      </ol>
      {count > lines.length && (
        <p className="muted">
          and {formatInteger(count - lines.length)} more; only the first{' '}
          {formatInteger(kept.length)} of the run are listed
        </p>
      )}
      {writer !== undefined && (
        <Button className="link" onClick={onAll}>
          Show all writers
        </Button>
      )}
    </section>
  )
}

function Line({ line: { line, reason, position } }: { line: MalformedLine }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <li>
      <Button
        className="row-button malformed-line"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="figure">line {formatInteger(line)}</span> <bdi>{reason}</bdi>
      </Button>
      {isOpen && <RawText position={position} />}
    </li>
  )
}

function RawText({ position }: { position: number }) {
  const { answer, reason } = useAnswer('raw', { position })
  if (reason !== undefined) return <p className="muted">{reason}</p>
  if (answer === undefined) return <p className="muted">…</p>
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  const shown = wholeBefore(text, SHOWN_CHARS)
  const more = text.length - shown
  return (
    <>
      <pre tabIndex={0} aria-label="Text of the line">
        {showHidden(text.slice(0, shown))}
      </pre>
      {more > 0 && <p className="muted">and {formatInteger(more)} more characters</p>}
    </>
  )
}
