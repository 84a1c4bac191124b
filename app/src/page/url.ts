/**
 * Reads and writes the view in the URL, so that a link shows the same view.
 *
 *     #run=ID&t0=S&t1=S&sel=SPAN&q=TEXT&group=KEY&color=joules&t=S
 *
 * Times are Unix seconds, so that they stay valid when an earlier event arrives late; `+12.5` is since
 * the first event. For `sel`, see `selection-address.ts`.
 */
import type { AppState } from '../store/app-state.ts'
import { DEFAULT_GROUP } from '../store/store.ts'
import type { ColorBy, Viewport } from '../model/view-state.ts'

type UrlFields = 'runId' | 'query' | 'groupBy' | 'colorBy'

/** A time in an address, in seconds since 1970 or since the first event. For `either`, see {@link toUnixS}. */
export interface UrlTime {
  readonly seconds: number
  readonly since: 'epoch' | 'first' | 'either'
}

/** The view in a URL. */
export interface UrlView extends Pick<AppState, UrlFields> {
  readonly viewport: { readonly start: UrlTime; readonly end: UrlTime } | undefined
  readonly playhead: UrlTime | undefined
  /** The address of the selection. */
  readonly selected: string | undefined
}

/** The view to write. */
export interface WrittenView extends Partial<Pick<AppState, UrlFields | 'playheadS'>> {
  readonly viewport?: Viewport | undefined
  readonly selected?: string | undefined
}

/** Earlier versions wrote times since the first event, without `+`. Larger numbers are Unix seconds. */
const SINCE_FIRST_BELOW_S = 1e7
/** Where the first event is later than this, a number below {@link SINCE_FIRST_BELOW_S} is since it. */
const FIRST_AFTER_S = 1e8

/** Reads the hash of a URL; ignores invalid values. */
export function parseHash(hash: string): UrlView {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const start = timeOf(fields.get('t0'))
  const end = timeOf(fields.get('t1'))
  return {
    runId: fields.get('run') || undefined,
    viewport: start !== undefined && end !== undefined ? { start, end } : undefined,
    selected: fields.get('sel') || undefined,
    query: fields.get('q') ?? '',
    groupBy: fields.get('group') || DEFAULT_GROUP,
    colorBy: colorOf(fields.get('color')),
    playhead: timeOf(fields.get('t')),
  }
}

/** Writes the hash of a view with Unix seconds. */
export function formatHash(view: WrittenView): string {
  const { runId, viewport, selected, query, groupBy, colorBy, playheadS } = view
  if (runId === undefined) return ''
  const fields = new URLSearchParams({ run: runId })
  const put = (name: string, timeS: number | undefined): void => {
    if (timeS !== undefined) fields.set(name, unixText(timeS))
  }
  put('t0', viewport?.startS)
  put('t1', viewport?.endS)
  if (selected !== undefined) fields.set('sel', selected)
  if (query) fields.set('q', query)
  if (groupBy && groupBy !== DEFAULT_GROUP) fields.set('group', groupBy)
  if (colorBy && colorBy !== 'kind') fields.set('color', colorBy)
  put('t', playheadS)
  return `#${fields}`
}

/** Converts a time of a URL to Unix seconds. `firstS`: time of the first event. */
export function toUnixS({ seconds, since }: UrlTime, firstS: number): number {
  const isOld =
    since === 'either' && Math.abs(seconds) < SINCE_FIRST_BELOW_S && firstS > FIRST_AFTER_S
  return isOld || since === 'first' ? firstS + seconds : seconds
}

function timeOf(text: string | null): UrlTime | undefined {
  // A `+` that is not encoded is a space in a query.
  const isSinceFirst = /^[ +]/.test(text ?? '')
  const seconds = text === null || text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(seconds)) return undefined
  if (isSinceFirst) return { seconds, since: 'first' }
  return { seconds, since: /\.\d{7}$/.test(text ?? '') ? 'epoch' : 'either' }
}

function colorOf(text: string | null): ColorBy {
  return text === 'joules' || text === 'watts' ? text : 'kind'
}

/**
 * Unix seconds to the microsecond, the resolution of a float64. Small ones have a seventh decimal, which
 * no address of an earlier version has.
 */
function unixText(timeS: number): string {
  const roundedS = Math.round(timeS * 1e6) / 1e6
  return Math.abs(roundedS) < SINCE_FIRST_BELOW_S ? roundedS.toFixed(7) : String(roundedS)
}
