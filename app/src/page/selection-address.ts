/**
 * The address of a span or mark: `tool_call@1700000000.25` for a span, `error!1700000000.25` for a mark,
 * by kind and time. `~2` follows for the second of a kind at one time. Unlike a slot, it stays valid when
 * earlier events arrive late.
 */
import { columnsOf, type Columns } from '../model/columns.ts'
import type { Selected } from '../model/view-state.ts'

/** Undefined while the columns do not contain the selection. */
export function formatSelected(columns: Columns, { type, slot }: Selected): string | undefined {
  const { kind, timeS, count } = columnsOf(columns, type)
  if (slot >= count) return undefined
  const kindName = columns.kinds[kind.at(slot)] ?? ''
  let ordinal = 1
  for (let other = 0; other < slot; other++) {
    if (timeS.at(other) === timeS.at(slot) && kind.at(other) === kind.at(slot)) ordinal++
  }
  const place = `${kindName}${type === 'span' ? '@' : '!'}${timeS.at(slot)}`
  return ordinal === 1 ? place : `${place}~${ordinal}`
}

/** Undefined if the columns do not contain it (yet). */
export function findSelected(columns: Columns, address: string): Selected | undefined {
  const old = /^(m?)(\d{1,9})$/.exec(address)
  // Earlier versions wrote slots.
  if (old !== null) return known(columns, old[1] === 'm' ? 'mark' : 'span', Number(old[2]))
  const parts = /^(.*)([@!])(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)(?:~(\d+))?$/s.exec(address)
  if (parts === null) return undefined
  const [, kindName = '', sign, time, ordinal = '1'] = parts
  const type = sign === '@' ? 'span' : 'mark'
  const { kind, timeS, count } = columnsOf(columns, type)
  const kindIndex = columns.kinds.indexOf(kindName)
  let left = Number(ordinal)
  for (let slot = 0; slot < count; slot++) {
    if (kind.at(slot) !== kindIndex || timeS.at(slot) !== Number(time)) continue
    left--
    if (left === 0) return { type, slot }
  }
  return undefined
}

function known(columns: Columns, type: Selected['type'], slot: number): Selected | undefined {
  return slot < columnsOf(columns, type).count ? { type, slot } : undefined
}
