import type { AgentEvent } from '@wattline/trace'
import { expect, test } from 'vitest'
import { Subscribers } from './subscribers.ts'

const event = (type: string): AgentEvent => ({ event_type: type, timestamp: 1, metadata: {} })

/** Subscribers, and the errors they reported. */
function subscribers() {
  const errors: unknown[] = []
  const all = new Subscribers((error) => errors.push(error))
  const notify = (type: string) => all.notify(type, () => event(type))
  return { all, errors, notify }
}

test('calls subscribers of the type and of every type, in order of subscription', () => {
  const { all, notify } = subscribers()
  const calls: string[] = []
  all.add('a', () => calls.push('first'))
  all.add(undefined, () => calls.push('second'))
  all.add('b', () => calls.push('third'))
  notify('a')
  expect(calls).toEqual(['first', 'second'])
})

test('makes no event without a matching subscriber', () => {
  const { all } = subscribers()
  all.add('a', () => undefined)
  let made = 0
  all.notify('b', () => {
    made += 1
    return event('b')
  })
  expect(made).toBe(0)
})

test('gives each subscriber its own object', () => {
  const { all, notify } = subscribers()
  const seen: AgentEvent[] = []
  all.add(undefined, (given) => void seen.push(given))
  all.add(undefined, (given) => void seen.push(given))
  notify('a')
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]).not.toBe(seen[1])
})

test('reports an error of a subscriber and calls the others', () => {
  const { all, errors, notify } = subscribers()
  const failure = new Error('bad subscriber')
  let calls = 0
  all.add(undefined, () => {
    throw failure
  })
  all.add(undefined, () => (calls += 1))
  notify('a')
  notify('a')
  expect(errors).toEqual([failure, failure])
  expect(calls).toBe(2)
})

test('does not call a subscriber for events that it records itself', () => {
  const { all, notify } = subscribers()
  const calls: string[] = []
  all.add(undefined, ({ event_type }) => {
    calls.push(`recording ${event_type}`)
    if (event_type !== 'echo') notify('echo')
  })
  all.add(undefined, ({ event_type }) => calls.push(`other ${event_type}`))
  notify('a')
  expect(calls).toEqual(['recording a', 'other echo', 'other a'])
})

test('can be unsubscribed during a call, without skipping others of that call', () => {
  const { all, notify } = subscribers()
  const calls: string[] = []
  const leaveFirst = all.add(undefined, () => {
    calls.push('first')
    leaveFirst()
    leaveSecond()
  })
  const leaveSecond = all.add(undefined, () => calls.push('second'))
  all.add(undefined, () => calls.push('third'))
  notify('a')
  notify('a')
  expect(calls).toEqual(['first', 'second', 'third', 'third'])
})

test('is empty again after everyone has unsubscribed, also twice', () => {
  const { all } = subscribers()
  expect(all.isEmpty).toBe(true)
  const leave = all.add('a', () => undefined)
  expect(all.isEmpty).toBe(false)
  leave()
  leave()
  expect(all.isEmpty).toBe(true)
})
