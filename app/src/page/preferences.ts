/** Stores theme and clock in the browser, and applies the theme to the page. */
import { isRecord } from '../base/json.ts'
import type { AppStore } from '../store/store.ts'
import { setFields } from '../store/transitions.ts'
import type { ViewState } from '../model/view-state.ts'

const KEY = 'wattline.preferences'
type Preferences = Pick<ViewState, 'theme' | 'clock'>

/** Reads, applies and stores the preferences. Returns a function that stops it. */
export function keepPreferences(store: AppStore, page: Window): () => void {
  const system = page.matchMedia('(prefers-color-scheme: dark)')
  const root = page.document.documentElement
  const apply = (): void => {
    const { theme } = store.getState()
    root.dataset['theme'] = theme === 'system' ? (system.matches ? 'dark' : 'light') : theme
  }
  store.update(setFields, parsePreferences(stored(page)))
  apply()
  const stop = store.subscribe((state, before) => {
    if (state.theme === before.theme && state.clock === before.clock) return
    apply()
    keep(page, JSON.stringify({ theme: state.theme, clock: state.clock }))
  })
  system.addEventListener('change', apply)
  return () => {
    stop()
    system.removeEventListener('change', apply)
  }
}

/** Accepts only known values: another version or program may have stored the text. */
export function parsePreferences(text: string | undefined): Partial<Preferences> {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return {}
  }
  if (!isRecord(value)) return {}
  const { theme, clock } = value
  return {
    ...(theme === 'system' || theme === 'light' || theme === 'dark' ? { theme } : {}),
    ...(clock === 'relative' || clock === 'absolute' ? { clock } : {}),
  }
}

/** A browser may forbid storage; preferences then last as long as the page. */
function stored(page: Window): string | undefined {
  try {
    return page.localStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}

function keep(page: Window, text: string): void {
  try {
    page.localStorage.setItem(KEY, text)
  } catch (error) {
    console.warn('Preferences are not stored:', error)
  }
}
