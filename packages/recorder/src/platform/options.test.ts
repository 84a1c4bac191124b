import { describe, expect, test } from 'vitest'
import { redactSecrets } from '../snapshot/redact.ts'
import { DEFAULTS, serverUrl, validateOptions, type RecorderOptions } from './options.ts'

const validate = (options: object) => () => validateOptions(options as RecorderOptions)

const sink = {
  name: 'mine',
  counts: { accepted: 0, delivered: 0, dropped: 0 },
  write() {},
  flush: () => Promise.resolve(true),
  close: () => Promise.resolve(),
}

describe('validateOptions', () => {
  test.each<[string, RecorderOptions]>([
    ['no options', {}],
    ['undefined for each option', { run: undefined, url: undefined, power: undefined }],
    [
      'each option',
      {
        run: 'r',
        name: 'main',
        url: 'https://host/base',
        token: 't',
        file: 'run.jsonl',
        sinks: [sink],
        retain: 0,
        redact: redactSecrets,
        maxEventChars: 256,
        power: { intervalMs: 50 },
        outboxBytes: 65_536,
        spillBytes: 0,
        closeTimeoutMs: 0,
        silent: true,
        env: {},
      },
    ],
    ['unlimited amounts', { retain: Infinity, outboxBytes: Infinity, closeTimeoutMs: Infinity }],
    ['a websocket URL', { url: 'ws://127.0.0.1:9288' }],
    ['power with its default interval', { power: {} }],
    ['no sinks', { sinks: [] }],
    ['a sink with exit()', { sinks: [{ ...sink, exit() {} }] }],
  ])('accepts %s', (_, options) => {
    expect(validate(options)).not.toThrow()
  })

  test.each([
    [{ run: '' }, 'run must be a non-empty string, got ""'],
    [{ name: 7 }, 'name must be a non-empty string, got 7'],
    [{ token: null }, 'token must be a non-empty string, got null'],
    [{ file: ['a'] }, 'file must be a non-empty string, got ["a"]'],
    [{ url: 'nonsense' }, 'url must look like http://127.0.0.1:9288, got "nonsense"'],
    [{ url: 'ftp://x' }, 'url must look like http://127.0.0.1:9288, got "ftp://x"'],
    [{ url: 'localhost:9288' }, 'url must look like http://127.0.0.1:9288, got "localhost:9288"'],
    [{ retain: -1 }, 'retain must be a number of at least 0, got -1'],
    [{ retain: Number.NaN }, 'retain must be a number of at least 0, got NaN'],
    [{ retain: '7' }, 'retain must be a number of at least 0, got "7"'],
    [{ retain: 1.5 }, 'retain must be a whole number or Infinity, got 1.5'],
    [{ maxEventChars: 255 }, 'maxEventChars must be a number of at least 256, got 255'],
    [{ outboxBytes: 1 }, 'outboxBytes must be a number of at least 65536, got 1'],
    [{ spillBytes: -1 }, 'spillBytes must be a number of at least 0, got -1'],
    [{ closeTimeoutMs: -1 }, 'closeTimeoutMs must be a number of at least 0, got -1'],
    [{ redact: 'yes' }, 'redact must be a function, got string'],
    [{ sinks: 'file' }, 'sinks must be an array, got string'],
    [{ power: 'yes' }, 'power must be true or { intervalMs: 50 to 1000 }, got "yes"'],
    [{ power: 100 }, 'power must be true or { intervalMs: 50 to 1000 }, got 100'],
    [
      { power: { intervalMs: 49 } },
      'power must be true or { intervalMs: 50 to 1000 }, got {"intervalMs":49}',
    ],
    [
      { power: { intervalMs: 1_001 } },
      'power must be true or { intervalMs: 50 to 1000 }, got {"intervalMs":1001}',
    ],
  ])('rejects %j with a sentence', (options, message) => {
    expect(validate(options)).toThrow(new TypeError(message))
  })

  test.each(['name', 'counts', 'write', 'flush', 'close'])(
    'rejects a sink without %s',
    (member) => {
      expect(validate({ sinks: [{ ...sink, [member]: undefined }] })).toThrow(
        new TypeError('a sink must have name, counts, write(), flush() and close(); see Sink'),
      )
    },
  )

  test.each([[null], ['file'], [7]])('rejects %j as a sink', (value) => {
    expect(validate({ sinks: [value] })).toThrow(TypeError)
  })

  test('accepts its own defaults', () => {
    const { outboxBytes, spillBytes, maxEventChars, closeTimeoutMs } = DEFAULTS
    expect(validate({ outboxBytes, spillBytes, maxEventChars, closeTimeoutMs })).not.toThrow()
    expect(validate({ retain: DEFAULTS.retainWithSink })).not.toThrow()
    expect(validate({ power: { intervalMs: DEFAULTS.powerIntervalMs } })).not.toThrow()
  })
})

test('serverUrl keeps the path of a server behind a proxy', () => {
  expect(serverUrl('https://host:8443/wattline').href).toBe('https://host:8443/wattline')
})
