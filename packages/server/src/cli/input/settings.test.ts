import { expect, test } from 'vitest'
import { defaultDir } from '../../default-dir.ts'
import {
  parseBytes,
  parseDurationS,
  parseHostName,
  parseOrigin,
  parsePort,
  parsePositive,
  parseTimeS,
  parseWhole,
  tildePath,
} from './settings.ts'

test.each([
  ['0', 0],
  ['9288', 9288],
  ['65535', 65_535],
])('accepts the port %s', (text, port) => expect(parsePort(text)).toBe(port))

test.each(['65536', '-1', '80a', '', '1e3'])('rejects the port %j', (text) => {
  expect(() => parsePort(text)).toThrow('--port expects a number from 0 to 65535')
})

test.each(['wattline.example.com', 'Host.Docker.Internal', 'web', '10.0.0.7', '[::1]'])(
  'accepts the host name %s',
  (name) => expect(parseHostName(name)).toBe(name.toLowerCase()),
)

test.each(['a.example:80', 'http://a.example', 'a.example/x', '*.example', '', 'a b', 'x@y'])(
  'rejects the host name %j',
  (text) => {
    expect(() => parseHostName(text)).toThrow('--allow-host expects a name without port and path')
  },
)

test.each(['https://a.example', 'http://localhost:5173', 'https://A.example:443/'])(
  'accepts the origin %s',
  (text) => expect(parseOrigin(text)).toBe(new URL(text).origin),
)

test.each(['a.example', 'https://a.example/x', '*', 'null', 'file:///x', 'https://u:p@a.example'])(
  'rejects the origin %j',
  (text) => {
    expect(() => parseOrigin(text)).toThrow('--allow-origin expects scheme, name and port')
  },
)

test.each([
  ['1000000', 1e6],
  ['500MB', 500e6],
  ['1.5 GB', 1.5e9],
  ['2g', 2e9],
  ['1500 kb', 1_500_000],
])('reads the size %s', (text, bytes) => expect(parseBytes('--max-disk', text)).toBe(bytes))

test.each(['0', 'MB', '-5GB', '1 PB', '5', '10 kb'])('rejects the size %j', (text) => {
  expect(() => parseBytes('--max-disk', text)).toThrow('--max-disk expects a size')
})

test.each([
  ['90', 90],
  ['90s', 90],
  ['10m', 600],
  ['1.5h', 5400],
  ['250 ms', 0.25],
])('reads the duration %s', (text, seconds) =>
  expect(parseDurationS('--duration', text)).toBe(seconds),
)

test('reads abbreviated counts', () => {
  expect(parseWhole('--spans', '1_000_000', 1, 'spans')).toBe(1e6)
  expect(parseWhole('--spans', '10k', 1, 'spans')).toBe(10_000)
  expect(() => parseWhole('--spans', '1.5', 1, 'spans')).toThrow('1 or more')
  expect(parsePositive('--speed', '.5', 'a number')).toBe(0.5)
})

test('reads a time as a date or as Unix seconds', () => {
  expect(parseTimeS('--start', '2026-01-01T00:00:00Z')).toBe(1_767_225_600)
  expect(parseTimeS('--start', '1767225600.5')).toBe(1_767_225_600.5)
  expect(() => parseTimeS('--start', 'noon')).toThrow('--start expects a time')
})

test.each([
  [{ WATTLINE_DIR: '/data/runs', HOME: '/home/a' }, 'linux', '/data/runs'],
  [{ XDG_STATE_HOME: '/state', HOME: '/home/a' }, 'linux', '/state/wattline/runs'],
  [{ HOME: '/home/a' }, 'linux', '/home/a/.local/state/wattline/runs'],
  [{ HOME: '/Users/a' }, 'darwin', '/Users/a/.local/state/wattline/runs'],
] as const)('stores runs with %j on %s in %s', (env, platform, dir) => {
  expect(defaultDir({ env, platform })).toBe(dir)
})

test('abbreviates the home folder to ~', () => {
  const env = { HOME: '/home/a' }
  expect(tildePath('/home/a/runs', { env })).toBe('~/runs')
  expect(tildePath('/home/ab/runs', { env })).toBe('/home/ab/runs')
})
