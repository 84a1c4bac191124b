import { expect, test } from 'vitest'
import { kindLabel, kindOf } from './kinds.ts'

test('a kind that is not in the table nests like a call and has no family', () => {
  expect(kindOf('my_kind')).toEqual({ rank: 2, family: 'other' })
  expect(kindOf('constructor')).toBe(kindOf('my_kind'))
})

test('agents contain turns, turns contain calls, calls contain their parts', () => {
  const ranks = ['agent', 'turn', 'lm_inference', 'prefill'].map((kind) => kindOf(kind).rank)
  expect(ranks).toEqual([0, 1, 2, 3])
})

test('a label is the known one, else the kind with spaces', () => {
  expect(kindLabel('lm_inference')).toBe('model call')
  expect(kindLabel('submodel_call')).toBe('sub-model call')
  expect(kindLabel('tool_call')).toBe('tool call')
  expect(kindLabel('my_own_kind')).toBe('my own kind')
})
