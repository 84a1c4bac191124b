import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { childEnvironment, readEnvironment } from './environment.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('readEnvironment', () => {
  test('reads the variables of Wattline', () => {
    const env = {
      WATTLINE_URL: 'http://127.0.0.1:9288',
      WATTLINE_RUN: 'r',
      WATTLINE_TOKEN: 't',
      WATTLINE_PARENT: 'p',
      OTHER: 'x',
    }
    expect(readEnvironment(env)).toEqual({
      url: 'http://127.0.0.1:9288',
      run: 'r',
      token: 't',
      parentId: 'p',
      traceId: undefined,
    })
  })

  test('treats empty and blank variables as absent, and trims the others', () => {
    const env = { WATTLINE_URL: '', WATTLINE_RUN: '  ', WATTLINE_TOKEN: ' t\n' }
    expect(readEnvironment(env)).toEqual({
      url: undefined,
      run: undefined,
      token: 't',
      parentId: undefined,
      traceId: undefined,
    })
  })

  test('takes the parent from traceparent, unless WATTLINE_PARENT is set', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`
    expect(readEnvironment({ traceparent })).toMatchObject({ traceId: TRACE, parentId: SPAN })
    expect(readEnvironment({ traceparent, WATTLINE_PARENT: 'p' })).toMatchObject({
      traceId: TRACE,
      parentId: 'p',
    })
  })

  test.each([
    ['words', 'nonsense'],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper-case digits', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
  ])('ignores a traceparent with %s', (_, traceparent) => {
    expect(readEnvironment({ traceparent })).toMatchObject({
      traceId: undefined,
      parentId: undefined,
    })
  })
})

describe('childEnvironment', () => {
  test('has no variable for an absent value', () => {
    expect(childEnvironment(readEnvironment({}))).toEqual({})
  })

  test('has a traceparent only for a parent id of 16 hex digits', () => {
    const self = { ...readEnvironment({}), traceId: TRACE }
    expect(childEnvironment({ ...self, parentId: SPAN })).toEqual({
      WATTLINE_PARENT: SPAN,
      traceparent: `00-${TRACE}-${SPAN}-01`,
    })
    expect(childEnvironment({ ...self, parentId: 'my-span' })).toEqual({
      WATTLINE_PARENT: 'my-span',
    })
  })

  test('is read back unchanged by the child', () => {
    const text = fc.option(fc.stringMatching(/^[\x21-\x7e]{1,20}$/), { nil: undefined })
    const hex = (digits: number) =>
      fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${digits - 1}}$`))
    const inherited = fc.record({
      url: text,
      run: text,
      token: text,
      parentId: hex(16),
      traceId: hex(32),
    })
    fc.assert(
      fc.property(inherited, (self) => {
        expect(readEnvironment(childEnvironment(self))).toEqual(self)
      }),
    )
  })
})
