import { act, cleanup, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Root } from './Root.tsx'
import { enterRun } from './store/run-transitions.ts'
import { openApp } from './testing/app.tsx'

afterEach(cleanup)

/** The screen that is seen; the one made ready behind it is hidden from everybody. */
const seen = (): HTMLElement => screen.getByRole('main')

test('each run has a screen of its own, which takes the place of the list and gives it back', async () => {
  const page = await openApp('', { runId: undefined })
  page.show(<Root />)
  const enter = (runId: string | undefined): void =>
    act(() => page.app.store.update(enterRun, runId))
  const list = seen()
  expect(list.classList.contains('run-page')).toBe(false)
  await act(async () => undefined)
  const prepared = document.querySelector('main.run-page')
  expect(seen()).toBe(list)
  enter('one')
  expect(seen()).toBe(prepared)
  expect(seen().dataset['run']).toBe('one')
  enter('two')
  expect(seen()).not.toBe(prepared)
  expect(seen().dataset['run']).toBe('two')
  enter(undefined)
  expect(seen().classList.contains('run-page')).toBe(false)
})
