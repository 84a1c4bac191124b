/**
 * Fills a row from the metadata of a parsed event. Metadata keys are data: only own keys are read, and
 * each of them once for all its roles.
 */
import {
  DROPPED_TYPE,
  splitEventType,
  type AgentEvent,
  type JsonValue,
  type Metadata,
  type Phase,
} from '../line/event.ts'
import { END, POINT, START, UPDATE, type EventRow } from './event-row.ts'
import { hashText, type TextHash } from './hash.ts'
import type { Interner } from './interner.ts'
import { CANCELLED, FAILED, FINE, OUTCOME_KEYS, outcomeOfKey } from './outcome.ts'
import {
  AGENT_KEYS,
  ID_KEYS,
  PARENT_KEYS,
  PLACE_KEYS,
  SCOPE_KEYS,
  SUBJECT_KEYS,
  TURN_KEY,
} from './metadata-keys.ts'
import { FIGURE_KEYS, FIGURE_OBJECT_KEYS, figuresOf, figureValue, type FigureKey } from './usage.ts'

/** The roles of a metadata key. A key may have several; −1 = it does not have this one. */
export interface KeyRoles {
  readonly idIndex: number
  readonly scopeIndex: number
  readonly placeIndex: number
  readonly subjectRank: number
  readonly agentRank: number
  readonly parentIndex: number
  /** The figure in `EventRow.usage`, if the value is a number. */
  readonly figure: FigureKey | undefined
  /** The value may be an object with figures. */
  readonly hasFigures: boolean
  readonly isError: boolean
  /** The value is used as a text. */
  readonly isName: boolean
  /** The value is used as an id, by its hash. */
  readonly isIdentity: boolean
}

const ERROR_KEYS: readonly string[] = ['error', 'success', 'is_error', 'status', 'error_type']

/** Rank 0 is the number of a turn, see {@link nameTurn}. */
const SUBJECT_RANKS: ReadonlyMap<string, number> = new Map(
  SUBJECT_KEYS.map((key, index) => [key, index + 1]),
)

/** All metadata keys that have a role. */
export const KEY_ROLES: ReadonlyMap<string, KeyRoles> = new Map(
  [
    ...new Set<string>([
      ...ID_KEYS,
      ...SCOPE_KEYS,
      ...PLACE_KEYS,
      ...SUBJECT_KEYS,
      ...AGENT_KEYS,
      ...PARENT_KEYS.map(([key]) => key),
      ...FIGURE_KEYS.keys(),
      ...FIGURE_OBJECT_KEYS,
      ...ERROR_KEYS,
    ]),
  ].map((key) => [key, rolesOf(key)]),
)

function rolesOf(key: string): KeyRoles {
  const indexIn = (keys: readonly string[]): number => keys.indexOf(key)
  const roles = {
    idIndex: indexIn(ID_KEYS),
    scopeIndex: indexIn(SCOPE_KEYS),
    placeIndex: indexIn(PLACE_KEYS),
    subjectRank: SUBJECT_RANKS.get(key) ?? -1,
    agentRank: indexIn(AGENT_KEYS),
    parentIndex: PARENT_KEYS.findIndex(([parentKey]) => parentKey === key),
  }
  const { scopeIndex, placeIndex, subjectRank, agentRank } = roles
  return {
    ...roles,
    figure: FIGURE_KEYS.get(key),
    hasFigures: FIGURE_OBJECT_KEYS.includes(key),
    isError: ERROR_KEYS.includes(key),
    isName: Math.max(scopeIndex, placeIndex, subjectRank, agentRank) >= 0,
    isIdentity: roles.idIndex >= 0 || roles.parentIndex >= 0,
  }
}

export const PHASES: Readonly<Record<Phase, number>> = {
  start: START,
  end: END,
  point: POINT,
  update: UPDATE,
}

/** Fills `row` from a parsed event. `texts` numbers its texts. */
export function readEvent(event: AgentEvent, texts: Interner, row: EventRow): void {
  const { kind, phase } = splitEventType(event.event_type)
  row.clear()
  row.timeS = event.timestamp
  row.kind = texts.id(kind)
  row.phase = PHASES[phase]
  const { metadata } = event
  if (event.event_type === DROPPED_TYPE) row.dropped = droppedCount(metadata)
  let mayHaveFailed = false
  let mayHaveUsage = false
  for (const key of Object.keys(metadata)) {
    const roles = KEY_ROLES.get(key)
    if (roles === undefined) continue
    if (roles.isError) mayHaveFailed = true
    if (roles.figure !== undefined || roles.hasFigures) mayHaveUsage = true
    const value = metadata[key]
    const text = scalarText(value)
    if (text === undefined) continue
    const isId = typeof value === 'string' || typeof value === 'number'
    if (roles.isIdentity && isId) setIdentity(row, roles, hashText(text))
    if (roles.isName) setName(row, roles, texts.id(text))
  }
  if (mayHaveUsage) {
    figuresOf(metadata).forEach((value, figure) => {
      if (!Number.isNaN(value)) row.setUsage(figure, value)
    })
  }
  // Only a start names its parent.
  if (row.phase !== START) row.parents.count = 0
  if (kind === TURN) nameTurn(row)
  if (!mayHaveFailed) return
  row.isCancelled = isCancelled(metadata)
  row.outcome = outcomeOf(metadata)
  const error = errorOf(metadata)
  row.hasError = error !== undefined
  row.error = error === undefined || error === '' ? 0 : texts.id(error)
}

/** The kind whose subject is its number, even where the event has the name of its agent. */
export const TURN = 'turn'
export const TURN_IDX = SCOPE_KEYS.indexOf(TURN_KEY)

/** Makes the number of a turn its subject, before any other key. */
export function nameTurn(row: EventRow): void {
  if ((row.scopeMask & (1 << TURN_IDX)) === 0) return
  row.subject = row.scope[TURN_IDX]!
  row.subjectRank = 0
}

/** Longer values do not name groups. */
export const MAX_EXTRA_CHARS = 120

/** A metadata value that can name a group: a short text, a number or a boolean. */
export function groupableText(value: JsonValue | undefined): string | undefined {
  const text = typeof value === 'object' ? undefined : scalarText(value)
  return text !== undefined && text.length <= MAX_EXTRA_CHARS ? text : undefined
}

/** Puts the value of any one key into `row.extra` if it can name a group. */
export function readExtra(metadata: Metadata, key: string, texts: Interner, row: EventRow): void {
  const text = groupableText(own(metadata, key))
  if (text !== undefined) row.extra = texts.id(text)
}

function droppedCount(metadata: Metadata): number {
  const count = own(metadata, 'count')
  return typeof count === 'number' && count > 0 ? count : 1
}

/** Stores an id under the roles of its key. */
export function setIdentity(row: EventRow, roles: KeyRoles, hash: TextHash): void {
  if (roles.idIndex >= 0) row.ids.insert(roles.idIndex, hash)
  if (roles.parentIndex >= 0) row.parents.insert(roles.parentIndex, hash)
}

/** Stores a text, given by its number, under the roles of its key. */
export function setName(row: EventRow, roles: KeyRoles, text: number): void {
  if (roles.scopeIndex >= 0) row.setScope(roles.scopeIndex, text)
  if (roles.placeIndex >= 0) row.place[roles.placeIndex] = text
  if (roles.subjectRank >= 0 && roles.subjectRank < row.subjectRank) {
    row.subject = text
    row.subjectRank = roles.subjectRank
  }
  if (roles.agentRank >= 0 && roles.agentRank < row.agentRank) {
    row.agent = text
    row.agentRank = roles.agentRank
  }
}

/** Stores a figure. The first one counts: two keys may have the same figure. */
export function setFigure(row: EventRow, key: FigureKey, value: number | boolean): void {
  if ((row.usageMask & (1 << key[0])) !== 0) return
  const figure = figureValue(value, key)
  if (!Number.isNaN(figure)) row.setUsage(key[0], figure)
}

function own(metadata: Metadata, key: string): JsonValue | undefined {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined
}

/** The text by which values are compared. null and '' have none, like missing values. */
function scalarText(value: JsonValue | undefined): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? undefined : JSON.stringify(value)
    default:
      return undefined
  }
}

const FAILURES: ReadonlySet<string> = new Set([
  'error',
  'failed',
  'failure',
  'timeout',
  'timed_out',
])
const CANCELLATIONS: ReadonlySet<string> = new Set(['cancelled', 'canceled', 'aborted'])
/** Texts that writers use for "no error". */
const NO_ERRORS: ReadonlySet<string> = new Set(['', 'None', 'null', '0'])
/** The fields of an error object; one of them is not empty. */
const ERROR_FIELDS = ['message', 'name', 'type', 'code'] as const

/**
 * The text of an event's error; '' = an error without a text, undefined = no error. The README of this
 * package has the rule as a table.
 */
export function errorOf(metadata: Metadata): string | undefined {
  if (isCancelled(metadata)) return undefined
  const text = errorText(own(metadata, 'error'))
  if (text !== undefined) return text
  return isFailure(metadata) ? (scalarText(own(metadata, 'error_type')) ?? '') : undefined
}

/** Whether the event reports a cancellation, which is not an error whatever else it contains. */
export function isCancelled(metadata: Metadata): boolean {
  return CANCELLATIONS.has(statusWord(metadata))
}

/** What the keys of an event say about its outcome; see outcome.ts. */
function outcomeOf(metadata: Metadata): number {
  return OUTCOME_KEYS.reduce((all, key) => {
    const value = own(metadata, key)
    if (scalarText(value) === undefined) return all
    const alone = { [key]: value } as Metadata
    const hasFailed = key === 'error' ? errorText(value) !== undefined : isFailure(alone)
    const meaning = isCancelled(alone) ? CANCELLED : hasFailed ? FAILED : FINE
    return all | outcomeOfKey(key, meaning)
  }, 0)
}

function isFailure(metadata: Metadata): boolean {
  const success = own(metadata, 'success')
  if (success === false || success === 'false') return true
  return own(metadata, 'is_error') === true || FAILURES.has(statusWord(metadata))
}

function statusWord(metadata: Metadata): string {
  const status = own(metadata, 'status')
  return typeof status === 'string' ? status.trim().toLowerCase() : ''
}

function errorText(error: JsonValue | undefined): string | undefined {
  switch (typeof error) {
    case 'string':
      return NO_ERRORS.has(error.trim()) ? undefined : error
    case 'number':
      return error === 0 ? undefined : String(error)
    case 'boolean':
      return error ? '' : undefined
    case 'object':
      return error === null ? undefined : errorTextOf(error)
    default:
      return undefined
  }
}

/** A list is an error if it contains one. */
function errorTextOf(error: readonly JsonValue[] | Metadata): string | undefined {
  if (Array.isArray(error)) {
    const isOne = (error as readonly JsonValue[]).some((item) => errorText(item) !== undefined)
    return isOne ? JSON.stringify(error) : undefined
  }
  const fields = ERROR_FIELDS.map((key) => own(error as Metadata, key))
  const [message] = fields
  if (typeof message === 'string' && errorText(message) !== undefined) return message
  const isOne = fields.some((field) => typeof field !== 'object' && errorText(field) !== undefined)
  return isOne ? JSON.stringify(error) : undefined
}
