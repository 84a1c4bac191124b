import { act, cleanup, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Root } from './Root.tsx'
import { enterRun } from './store/run-transitions.ts'
import { openApp } from './testing/app.tsx'

afterEach(cleanup)

/** The visible page; the prepared one is hidden, also from the accessibility tree. */
const visiblePage = (): HTMLElement => screen.getByRole('main')

test('renders each run on a page of its own, the first one on the prepared page', async () => {
  const page = await openApp('', { runId: undefined })
  page.show(<Root />)
  const enter = (runId: string | undefined): void =>
    act(() => page.app.store.update(enterRun, runId))
  const list = visiblePage()
  expect(list.classList.contains('run-page')).toBe(false)
  await act(async () => undefined)
  const prepared = document.querySelector('main.run-page')
  expect(visiblePage()).toBe(list)
  enter('one')
  expect(visiblePage()).toBe(prepared)
  expect(visiblePage().dataset['run']).toBe('one')
  enter('two')
  expect(visiblePage()).not.toBe(prepared)
  expect(visiblePage().dataset['run']).toBe('two')
  enter(undefined)
  expect(visiblePage().classList.contains('run-page')).toBe(false)
})
