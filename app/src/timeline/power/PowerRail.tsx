/** The names of the power sources, their power at the cursor, and the time offsets of files. */
import { formatWatts } from '@wattline/trace'
import type { EnergyReport } from '../../model/run-info.ts'
import { isolated } from '../../base/isolated.ts'
import { NameParts } from './NameParts.tsx'
import { OffsetField } from './OffsetField.tsx'
import type { PowerReading } from './power-picture.ts'

export interface PowerRailProps {
  readonly energy: EnergyReport
  readonly reading: PowerReading | undefined
  /** Seconds per CSS px of the track. */
  readonly sPerPx: number
  readonly onOffset: (file: number, offsetS: number) => void
}

export function PowerRail({ energy, reading, sPerPx, onOffset }: PowerRailProps) {
  const names = energy.sources.map(({ name }) => name)
  const fileNames = energy.files.map(({ name }) => name)
  return (
    <div className="power-rail">
      <h2 className="power-title">Power</h2>
      <ul>
        {energy.sources.map(({ name, stream, peakW }, at) => {
          const watts = reading?.watts[at]
          const isKnown = watts !== undefined && !Number.isNaN(watts)
          return (
            <li key={`${name} ${stream}`} title={`${isolated(name)}: up to ${formatWatts(peakW)}`}>
              <i className={`power-swatch source-${at % 4}`} aria-hidden="true" />
              <span className="power-name" dir="auto">
                <NameParts name={name} among={names} />
              </span>
              <span className="power-watts">{isKnown ? formatWatts(watts) : ''}</span>
            </li>
          )
        })}
        {energy.files.map(({ name, offsetS }, file) => (
          <li key={`${name} ${file}`} className="power-file">
            <OffsetField
              name={name}
              among={fileNames}
              offsetS={offsetS}
              sPerPx={sPerPx}
              onChange={(next) => onOffset(file, next)}
            />
          </li>
        ))}
      </ul>
    </div>
  )
}
