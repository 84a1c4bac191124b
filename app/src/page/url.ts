/**
 * Reads and writes the view in the URL, so that a link shows the same view.
 *
 *     #run=ID&t0=S&t1=S&sel=SLOT&q=TEXT&group=KEY&color=joules&t=S
 *
 * Times are seconds since the first event. Numbers above 1e8 are Unix seconds, so that a time of the
 * log can be pasted. `sel` is the slot of a span, or `m` and the slot of a mark. Slots are numbered in
 * the order of the log, so that they are the same in every page.
 */
import type { AppState } from '../store/app-state.ts'
import { DEFAULT_GROUP } from '../store/store.ts'
import type { ColorBy, Selected, Viewport } from '../model/view-state.ts'

type UrlFields = 'runId' | 'selected' | 'query' | 'groupBy' | 'colorBy' | 'playheadS'

/** The view in a URL. For its times see {@link toUnixS}. */
export interface UrlView extends Pick<AppState, UrlFields> {
  readonly viewport: Viewport | undefined
}

const ABSOLUTE_FROM_S = 1e8

/** Reads the hash of a URL; ignores invalid values. */
export function parseHash(hash: string): UrlView {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const startS = numberOf(fields.get('t0'))
  const endS = numberOf(fields.get('t1'))
  return {
    runId: fields.get('run') || undefined,
    viewport:
      startS !== undefined && endS !== undefined && endS > startS ? { startS, endS } : undefined,
    selected: selectedOf(fields.get('sel')),
    query: fields.get('q') ?? '',
    groupBy: fields.get('group') || DEFAULT_GROUP,
    colorBy: colorOf(fields.get('color')),
    playheadS: numberOf(fields.get('t')),
  }
}

/** Writes the hash of a view with Unix seconds. `firstS`: time of the first event. */
export function formatHash(
  view: Pick<UrlView, 'runId'> & Partial<UrlView>,
  firstS: number,
): string {
  const { runId, viewport, selected, query, groupBy, colorBy, playheadS } = view
  if (runId === undefined) return ''
  const fields = new URLSearchParams({ run: runId })
  const put = (name: string, timeS: number | undefined): void => {
    if (timeS !== undefined && Number.isFinite(firstS)) fields.set(name, rounded(timeS - firstS))
  }
  put('t0', viewport?.startS)
  put('t1', viewport?.endS)
  if (selected !== undefined)
    fields.set('sel', `${selected.type === 'mark' ? 'm' : ''}${selected.slot}`)
  if (query) fields.set('q', query)
  if (groupBy && groupBy !== DEFAULT_GROUP) fields.set('group', groupBy)
  if (colorBy && colorBy !== 'kind') fields.set('color', colorBy)
  put('t', playheadS)
  return `#${fields}`
}

/** Converts a time of a URL to Unix seconds. */
export function toUnixS(timeS: number, firstS: number): number {
  return timeS > ABSOLUTE_FROM_S ? timeS : firstS + timeS
}

function numberOf(text: string | null): number | undefined {
  const value = text === null || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

function colorOf(text: string | null): ColorBy {
  return text === 'joules' || text === 'watts' ? text : 'kind'
}

function selectedOf(text: string | null): Selected | undefined {
  const match = /^(m?)(\d{1,9})$/.exec(text ?? '')
  if (match === null) return undefined
  return { type: match[1] === 'm' ? 'mark' : 'span', slot: Number(match[2]) }
}

/** Rounds to microseconds, the resolution of Unix seconds in a float64. */
function rounded(seconds: number): string {
  return String(Math.round(seconds * 1e6) / 1e6)
}
