/** Which source is which, what each uses at the cursor, and how far a file's clock is off. */
import { formatWatts } from '@wattline/trace'
import { visible } from '../ui/visible.ts'
import type { EnergyFacts } from '../worker/protocol.ts'
import type { PowerReading } from './power-picture.ts'

export interface PowerRailProps {
  readonly energy: EnergyFacts
  readonly reading: PowerReading | undefined
  readonly onOffset: (file: number, offsetS: number) => void
}

export function PowerRail({ energy, reading, onOffset }: PowerRailProps) {
  return (
    <div className="power-rail">
      <h2 className="power-title">Power</h2>
      <ul>
        {energy.sources.map(({ name, peakW }, at) => {
          const watts = reading?.watts[at]
          const isKnown = watts !== undefined && !Number.isNaN(watts)
          return (
            <li key={name} title={`${name}: up to ${formatWatts(peakW)}`}>
              <i className={`power-swatch source-${at % 4}`} aria-hidden="true" />
              <span className="power-name">{visible(name)}</span>
              <span className="power-watts">{isKnown ? formatWatts(watts) : ''}</span>
            </li>
          )
        })}
        {energy.files.map(({ name, offsetS }, file) => (
          <li key={`${name} ${file}`} className="power-file">
            <label>
              <span className="power-name" title={name}>
                {visible(name)} shifted by
              </span>
              <input
                type="number"
                step={0.1}
                value={offsetS}
                onChange={(event) => {
                  const next = event.target.valueAsNumber
                  if (Number.isFinite(next)) onOffset(file, next)
                }}
              />
              s
            </label>
          </li>
        ))}
      </ul>
    </div>
  )
}
