/**
 * What an event says about success or failure: two bits for each of the keys that decide it, so that the
 * keys of a start and of its updates can be combined one by one.
 *
 *     outcome   error 0…1 · success 2…3 · is_error 4…5 · status 6…7
 *     bits      0 = it does not say · FINE · FAILED · CANCELLED (status only)
 */

export const OUTCOME_KEYS: readonly string[] = ['error', 'success', 'is_error', 'status']
export const STATUS_OUTCOME = OUTCOME_KEYS.indexOf('status')

export const FINE = 1
export const FAILED = 2
export const CANCELLED = 3

/** The outcome in which only one key says something; 0 for a key that decides no outcome. */
export function outcomeOfKey(key: string, meaning: number): number {
  const index = OUTCOME_KEYS.indexOf(key)
  return index < 0 ? 0 : meaning << (index * 2)
}

/** What a key of an outcome says; 0 = nothing. `key` is an index into OUTCOME_KEYS. */
export function meaningOf(of: number, key: number): number {
  return (of >> (key * 2)) & 3
}
