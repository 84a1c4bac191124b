import { act, cleanup, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Root } from './Root.tsx'
import { enterRun } from './store/run-transitions.ts'
import { openApp } from './testing/app.tsx'

afterEach(cleanup)

/** The visible page, as soon as it is loaded. The prepared page is hidden, also from the accessibility tree. */
const visiblePage = (): Promise<HTMLElement> => screen.findByRole('main')

test('renders each run on a page of its own, the first one on the prepared page', async () => {
  const page = await openApp('', { runId: undefined })
  page.show(<Root />)
  const enter = (runId: string | undefined): void =>
    act(() => page.app.store.update(enterRun, runId))
  const list = await visiblePage()
  expect(list.classList.contains('run-page')).toBe(false)
  const prepared = await waitFor(() => {
    const page = document.querySelector('main.run-page')
    expect(page).not.toBeNull()
    return page
  })
  expect(await visiblePage()).toBe(list)
  enter('one')
  const one = await visiblePage()
  expect(one).toBe(prepared)
  expect(one.dataset['run']).toBe('one')
  enter('two')
  const two = await visiblePage()
  expect(two).not.toBe(prepared)
  expect(two.dataset['run']).toBe('two')
  enter(undefined)
  expect((await visiblePage()).classList.contains('run-page')).toBe(false)
})
