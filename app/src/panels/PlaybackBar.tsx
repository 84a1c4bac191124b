/** The bar at the bottom: playback controls, statistics of the selected range, data quality. */
import { useApp, useAppState, useColumns } from '../page/app.tsx'
import { exactTime, formatTime } from '../base/format.ts'
import { playOrPause, seekTo, stepToError, stepToEvent } from '../page/playback.ts'
import { isFollowed } from '../store/page-status.ts'
import { logNowS } from '../store/run-transitions.ts'
import { backToLive, setSpeed, SPEEDS, toggleClock } from '../store/transitions.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorIcon, PauseIcon, PlayIcon, StepBackIcon, StepForwardIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { RadioMenu } from '../ui/RadioMenu.tsx'
import { useNowS } from '../page/use-now.ts'
import { QualityButton } from '../quality/QualityButton.tsx'
import { RangeStats } from './RangeStats.tsx'
import './playback.css'

export function PlaybackBar() {
  return (
    <footer className="playback">
      <Transport />
      <Scrubber />
      <TimeReadout />
      <LiveButton />
      <RangeStats />
      <QualityButton />
    </footer>
  )
}

function Transport() {
  const app = useApp()
  const isPlaying = useAppState((state) => state.playing)
  return (
    <div className="transport" role="group" aria-label="Playback">
      <IconButton label="Previous event" shortcut="Shift+←" onClick={() => stepToEvent(app, -1)}>
        <StepBackIcon size={14} />
      </IconButton>
      <IconButton
        label={isPlaying ? 'Pause' : 'Play'}
        shortcut="Space"
        className="play"
        onClick={() => playOrPause(app)}
      >
        {isPlaying ? <PauseIcon /> : <PlayIcon />}
      </IconButton>
      <IconButton label="Next event" shortcut="Shift+→" onClick={() => stepToEvent(app, 1)}>
        <StepForwardIcon size={14} />
      </IconButton>
      <IconButton
        label="Playhead to next error"
        shortcut="Alt+→"
        onClick={() => stepToError(app, 1)}
      >
        <ErrorIcon size={14} />
      </IconButton>
      <SpeedMenu />
    </div>
  )
}

function SpeedMenu() {
  const { store } = useApp()
  const speed = useAppState((state) => state.speed)
  return (
    <RadioMenu
      className="button quiet speed"
      aria-label={`Speed: ${speed}×`}
      menuClassName="menu narrow"
      side="top"
      value={speed}
      sections={[{ choices: SPEEDS }]}
      label={(choice) => `${choice}×`}
      onChange={(next) => store.update(setSpeed, next)}
    >
      {speed}×
    </RadioMenu>
  )
}

/** Finer than the pixels of the slider. */
const SCRUB_STEPS = 10_000

function Scrubber() {
  const app = useApp()
  const { columns } = useColumns()
  const playheadS = useAppState((state) => state.playheadS)
  const clock = useAppState((state) => state.clock)
  const { firstS } = columns
  const lastS = useEndS(1000)
  const isEmpty = Number.isNaN(firstS)
  const lengthS = isEmpty ? 0 : lastS - firstS
  const share = playheadS === undefined || lengthS === 0 ? 1 : (playheadS - firstS) / lengthS
  const value = Math.round(Math.min(1, Math.max(0, share)) * SCRUB_STEPS)
  return (
    <input
      type="range"
      className="scrubber"
      aria-label="Playhead"
      aria-valuetext={isEmpty ? 'No data yet' : formatTime(playheadS ?? lastS, columns, clock)}
      min={0}
      max={SCRUB_STEPS}
      step={1}
      value={value}
      disabled={isEmpty}
      style={{ '--share': `${(value / SCRUB_STEPS) * 100}%` } as React.CSSProperties}
      onChange={(event) =>
        seekTo(app, firstS + (event.target.valueAsNumber / SCRUB_STEPS) * lengthS)
      }
    />
  )
}

/** Now of a live run, updated every `everyMs`; else the last event. */
function useEndS(everyMs: number | undefined): number {
  const { columns } = useColumns()
  const isLive = useAppState(isFollowed)
  const nowS = useNowS(isLive ? everyMs : undefined)
  return useAppState((state) => logNowS(state, columns.lastS, nowS))
}

/** How often the time is updated while a run is live. */
const TICK_MS = 100

/** The time at the playhead. A click switches between relative time and time of day. */
function TimeReadout() {
  const { store } = useApp()
  const { columns } = useColumns()
  const playheadS = useAppState((state) => state.playheadS)
  const clock = useAppState((state) => state.clock)
  const endS = useEndS(playheadS === undefined ? TICK_MS : undefined)
  const timeS = playheadS ?? (Number.isNaN(columns.firstS) ? Number.NaN : endS)
  const other = clock === 'relative' ? 'absolute' : 'relative'
  return (
    <Button
      className="row-button time-readout"
      title={`${Number.isNaN(timeS) ? '' : `${exactTime(timeS)}\n`}Click for ${other} time`}
      onClick={() => store.update(toggleClock)}
    >
      {formatTime(timeS, columns, clock)}
      <span className="unseen">, show {other} time</span>
    </Button>
  )
}

function LiveButton() {
  const { store } = useApp()
  const isLive = useAppState(isFollowed)
  const isBehind = useAppState((state) => state.playheadS !== undefined || !state.following)
  const isPast = useAppState((state) => state.playheadS !== undefined)
  if (isLive ? !isBehind : !isPast) return undefined
  return (
    <Button className="button back-to-live" onClick={() => store.update(backToLive)}>
      {isLive && <span aria-hidden="true" className="state-dot live" />}
      {isLive ? 'Go live' : 'Go to end'} <kbd>L</kbd>
    </Button>
  )
}
