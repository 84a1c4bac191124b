/** How sure the picture is: a word always in sight, and each doubt with what it means and where. */
import type { DataQuality } from '@wattline/trace'
import { useApp, useFacts } from '../store/app.tsx'
import { change } from '../store/store.ts'
import { setQuery } from '../store/transitions.ts'
import { visible } from '../ui/visible.ts'
import type { EnergyFacts } from '../worker/protocol.ts'
import { Modal } from '../ui/Modal.tsx'
import { CheckIcon, WarningIcon } from '../ui/icons.tsx'

interface Doubt {
  readonly key: keyof DataQuality
  readonly name: string
  readonly meaning: string
  /** What to search for to see them. */
  readonly query?: string
}

const DOUBTS: readonly Doubt[] = [
  {
    key: 'malformed',
    name: 'Lines that could not be read',
    meaning: 'Not JSON, or without a type or a time. The rest of the log is unharmed.',
  },
  {
    key: 'lost',
    name: 'Events lost',
    meaning:
      'A recorder had to drop them, or they never reached the server. They are missing from every figure.',
  },
  {
    key: 'ambiguous',
    name: 'Pairings that are a guess',
    meaning:
      'Several starts could own one end, and no id tells them apart. Drawn with a dotted outline.',
    query: 'is:ambiguous',
  },
  {
    key: 'orphan',
    name: 'Ends without a start',
    meaning: 'Shown as marks; they have no duration.',
    query: 'is:orphan',
  },
  {
    key: 'unfinished',
    name: 'Spans that did not end',
    meaning: 'Their writer stopped first. They fade out and count in no duration.',
    query: 'is:unfinished',
  },
  {
    key: 'parentUnsure',
    name: 'Parents that are a guess',
    meaning: 'Several open spans were equally likely. A parent_id decides.',
  },
  {
    key: 'clock',
    name: 'Ends before their start',
    meaning: 'The writer’s clock was set back in between.',
    query: 'is:clock',
  },
  {
    key: 'rescaled',
    name: 'Timestamps not in seconds',
    meaning: 'Read as milli-, micro- or nanoseconds by their size.',
  },
  {
    key: 'late',
    name: 'Events out of order',
    meaning:
      'They were older than one before them in the log. Nothing is wrong with them; pairing has taken them in.',
  },
]

/** Being late or in another unit takes nothing from what is shown. */
const HARMLESS: ReadonlySet<keyof DataQuality> = new Set(['late', 'rescaled'])

/** How many events or spans are in doubt. */
function doubtCount(quality: DataQuality | undefined, tornLine: number | undefined): number {
  const torn = tornLine === undefined ? 0 : 1
  if (quality === undefined) return torn
  return DOUBTS.reduce((sum, { key }) => sum + (HARMLESS.has(key) ? 0 : quality[key]), torn)
}

export function QualityButton() {
  const { store } = useApp()
  const quality = useFacts((state) => state.quality)
  const tornLine = useFacts((state) => state.tornLine)
  const doubts = doubtCount(quality, tornLine)
  if (quality === undefined) return undefined
  return (
    <button
      type="button"
      className={`button quiet quality ${doubts > 0 ? 'warn' : ''}`}
      aria-haspopup="dialog"
      onClick={() => store.setState({ dialog: 'quality' })}
    >
      {doubts > 0 ? <WarningIcon size={14} /> : <CheckIcon size={14} />}
      <span className="quality-word">data quality:</span>{' '}
      {doubts > 0 ? doubts.toLocaleString('en') : 'ok'}
    </button>
  )
}

export function QualityDialog() {
  const { store } = useApp()
  const quality = useFacts((state) => state.quality)
  const malformed = useFacts((state) => state.malformed)
  const tornLine = useFacts((state) => state.tornLine)
  const energy = useFacts((state) => state.energy)
  const close = (): void => store.setState({ dialog: undefined })
  const present = DOUBTS.filter(({ key }) => (quality?.[key] ?? 0) > 0)
  const show = (query: string): void => {
    close()
    change(store, setQuery, query)
  }
  return (
    <Modal title="Data quality" className="quality-dialog" onClose={close}>
      {present.length === 0 && tornLine === undefined && (
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
        {present.map(({ key, name, meaning, query }) => (
          <div key={key} className="doubt">
            <dt>
              <span className="doubt-count">{(quality?.[key] ?? 0).toLocaleString('en')}</span>{' '}
              {name}
            </dt>
            <dd>
              {meaning}
              {query !== undefined && (
                <button type="button" className="link" onClick={() => show(query)}>
                  Show them
                </button>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {energy !== undefined && <TelemetryDoubts {...energy} />}
      {malformed.length > 0 && (
        <section>
          <h3>Lines that could not be read</h3>
          <ol className="malformed" tabIndex={0} aria-label="Lines that could not be read">
            {malformed.map(({ line, reason }) => (
              <li key={line}>
                <span className="figure">line {line.toLocaleString('en')}</span> {visible(reason)}
              </li>
            ))}
          </ol>
          {(quality?.malformed ?? 0) > malformed.length && (
            <p className="muted">
              and {((quality?.malformed ?? 0) - malformed.length).toLocaleString('en')} more
            </p>
          )}
        </section>
      )}
    </Modal>
  )
}

/** How much of the run's energy is known, and what each source's samples leave in doubt. */
function TelemetryDoubts({ coverage, sources, warnings }: EnergyFacts) {
  return (
    <section>
      <h3>Telemetry</h3>
      {coverage !== undefined && (
        <p>
          The power of {sources.length === 1 ? 'the source' : `${sources.length} sources`} is known
          for {Math.round(coverage * 100)} % of the run.
        </p>
      )}
      {warnings.length > 0 && (
        <ul className="telemetry-doubts">
          {warnings.map(({ code, source, text }) => (
            <li key={`${source} ${code} ${text}`}>
              <strong>{visible(source)}</strong>: {visible(text)}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
