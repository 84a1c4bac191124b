import { spawnSync } from 'node:child_process'
import type { JsonValue } from '@wattline/trace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildRecorder } from '../testing/build.ts'
import { redactSecrets, redactText, type Redact } from './redact.ts'

/** The metadata that is recorded for `metadata`. */
const redacted = (metadata: object, rule: Redact = redactSecrets, type = 'event'): unknown =>
  JSON.parse(redactText(JSON.stringify(metadata), rule, type))

/** What tools and models put into metadata: each contains the secret once. */
const SECRET = 'hunter2hunter2'
const PLACES: readonly (readonly [name: string, (secret: string) => object])[] = [
  ['a pair', (s) => ({ headers: [['Authorization', `Basic ${s}`]] })],
  ['a name and value', (s) => ({ headers: [{ name: 'X-Api-Key', value: s }] })],
  ['an option', (s) => ({ argv: ['--password', s, '--verbose'] })],
  ['an option with =', (s) => ({ argv: [`--api-key=${s}`] })],
  ['an environment', (s) => ({ command: `DB_PASSWORD=${s} run` })],
  ['a query', (s) => ({ url: `https://x/?a=1&access_token=${s}&b=2` })],
  ['JSON in a text', (s) => ({ arguments: JSON.stringify({ a: 1, dbPassword: s }) })],
  ['a header in a text', (s) => ({ command: `curl -H "Authorization: Basic ${s}"` })],
  ['curl -u', (s) => ({ command: `curl -u ann:${s} https://x` })],
  ['a list under a key', (s) => ({ passwords: [s] })],
  ['an object under a key', (s) => ({ credentials: { user: s } })],
]

describe('redactSecrets', () => {
  test.each(PLACES)('replaces a secret in %s', (_, make) => {
    const text = JSON.stringify(redacted(make(SECRET)))
    expect(text).not.toContain(SECRET)
    expect(text).toContain('[redacted]')
  })

  test('finds camel case and snake case alike', () => {
    const word = fc.constantFrom('open', 'db', 'user', 'x', 'my')
    const secret = fc.constantFrom(
      ['api', 'key'],
      ['password'],
      ['secret', 'key'],
      ['auth', 'token'],
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 3 }), secret, (before, name) => {
        const words = [...before, ...name]
        const camel = words
          .map((w, at) => (at === 0 ? w : w[0]!.toUpperCase() + w.slice(1)))
          .join('')
        for (const key of [
          words.join('_'),
          words.join('-'),
          words.join('_').toUpperCase(),
          camel,
        ]) {
          expect(redacted({ [key]: SECRET }), key).toEqual({ [key]: '[redacted]' })
        }
      }),
    )
  })

  // Quadratic patterns would take an hour for texts of this size.
  test('takes linear time for repeated parts of patterns', async () => {
    const parts = [
      '-eyJ',
      'eyJ-',
      'a.eyJ',
      'bearer ',
      '-----BEGIN ',
      '://a:',
      'x=',
      '"a":"',
      '"a":"\\',
      'SG.',
      '-u a',
      'sk-',
      ' ',
      '_',
      'A',
      '://',
    ]
    const built = await buildRecorder()
    const script = built.script(
      'redact.js',
      `
      import { redactSecrets } from './recorder.js'
      for (const part of ${JSON.stringify(parts)}) {
        const text = part.repeat(4e6 / part.length)
        redactSecrets('k', text, 'e')
        redactSecrets(text, 'v', 'e')
      }`,
    )
    const { status } = spawnSync(process.execPath, [script], { timeout: 60_000 })
    built.remove()
    expect(status).toBe(0)
  }, 90_000)

  test.each([
    'password',
    'passwd',
    'db_password',
    'secret',
    'SECRET',
    'client_secret',
    'client-secret',
    'api_key',
    'apiKey',
    'apikey',
    'x-api-key',
    'OPENAI_API_KEY',
    'access_key',
    'private_key',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'session_token',
    'bearer-token',
    'GITHUB_TOKEN',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'credential',
    'credentials',
  ])('replaces the value of %s', (key) => {
    expect(redacted({ [key]: 'hunter2' })).toEqual({ [key]: '[redacted]' })
    expect(redacted({ [key]: { inner: 'hunter2' } })).toEqual({ [key]: '[redacted]' })
  })

  test.each([
    ['input_tokens', 12],
    ['token_count', 3],
    ['max_tokens', 100],
    ['tokens', 5],
    ['tokenizer', 'bpe'],
    ['key', 'value'],
    ['keyboard', 'qwerty'],
    ['secretary', 'Ada'],
    ['passwordless', 'yes'],
    ['author', 'Grace'],
  ])('keeps the value of %s', (key, value) => {
    expect(redacted({ [key]: value })).toEqual({ [key]: value })
  })

  test('keeps flags under the name of a secret, and replaces numbers', () => {
    expect(redacted({ token: true, password: null, secret: 7 })).toEqual({
      token: true,
      password: null,
      secret: '[redacted]',
    })
  })

  test.each([
    ['an OpenAI key', `sk-${'a1B2'.repeat(6)}`],
    ['an Anthropic key', `sk-ant-api03-${'x_Y-'.repeat(8)}`],
    ['a GitHub token', `ghp_${'a1'.repeat(15)}`],
    ['a fine-grained GitHub token', `github_pat_${'a1_'.repeat(10)}`],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a temporary AWS key id', 'ASIAIOSFODNN7EXAMPLE'],
    ['a Google API key', `AIza${'a1-_'.repeat(9)}`],
    ['a Slack token', 'xoxb-123456789012-abcdef'],
    ['a Hugging Face token', `hf_${'aB3'.repeat(10)}`],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN'],
    ['a bearer token', 'Bearer abc.def-ghi_jkl~123'],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----',
    ],
    ['a truncated private key', '-----BEGIN PRIVATE KEY-----\nMIIEow'],
  ])('replaces %s anywhere in a text', (_, secret) => {
    const written = redacted({ text: `before ${secret}`, list: [secret, [`(${secret}`]] })
    expect(JSON.stringify(written)).not.toContain(secret.slice(-6))
    expect(written).toMatchObject({
      text: 'before [redacted]',
      list: ['[redacted]', [expect.anything()]],
    })
  })

  test('replaces only the password of a URL', () => {
    expect(redacted({ url: 'postgres://me:hunter2@db.host:5432/app?x=1' })).toEqual({
      url: 'postgres://me:[redacted]@db.host:5432/app?x=1',
    })
    expect(redacted({ url: 'https://host:8080/a@b' })).toEqual({ url: 'https://host:8080/a@b' })
  })

  test('replaces every secret of a text', () => {
    const key = `sk-${'z'.repeat(20)}`
    expect(redacted({ text: `${key}, ${key} and AKIAIOSFODNN7EXAMPLE` })).toEqual({
      text: '[redacted], [redacted] and [redacted]',
    })
  })
})

describe('redactText', () => {
  test('calls the rule for every member, outer members first, with the event type', () => {
    const calls: [string, JsonValue, string][] = []
    const rule: Redact = (key, value, type) => {
      calls.push([key, value, type])
      return value
    }
    redacted({ a: { b: 1 }, c: [2, { d: 3 }] }, rule, 'tool_call_start')
    expect(calls).toEqual([
      ['a', { b: 1 }, 'tool_call_start'],
      ['b', 1, 'tool_call_start'],
      ['c', [2, { d: 3 }], 'tool_call_start'],
      ['c', 2, 'tool_call_start'],
      ['c', { d: 3 }, 'tool_call_start'],
      ['d', 3, 'tool_call_start'],
    ])
  })

  test('leaves members out for undefined, and writes null in arrays', () => {
    const rule: Redact = (key, value) => (key === 'drop' || value === 'drop' ? undefined : value)
    expect(redacted({ drop: 1, keep: ['drop', 2], inner: { drop: 3 } }, rule)).toEqual({
      keep: [null, 2],
      inner: {},
    })
  })

  test('redacts the members of a value that the rule has returned', () => {
    const rule: Redact = (key, value) =>
      key === 'wrap' ? { token: 'hunter2', left: 1 } : redactSecrets(key, value, '')
    expect(redacted({ wrap: 0 }, rule)).toEqual({ wrap: { token: '[redacted]', left: 1 } })
  })

  test('records only the reason when the rule throws', () => {
    const rule: Redact = () => {
      throw new Error('rule failed')
    }
    expect(redacted({ secret: 'hunter2' }, rule)).toEqual({ redact_failed: 'rule failed' })
  })

  test('keeps hostile keys as data', () => {
    const text = redactText(
      '{"__proto__":{"polluted":1},"constructor":2}',
      (_, value) => value,
      'e',
    )
    expect(text).toBe('{"__proto__":{"polluted":1},"constructor":2}')
    expect(Object.hasOwn({}, 'polluted')).toBe(false)
  })

  test('changes nothing with a rule that keeps everything', () => {
    const metadata = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(metadata, (data) => {
        const text = JSON.stringify(data)
        expect(JSON.parse(redactText(text, (_, value) => value, 'e'))).toEqual(JSON.parse(text))
      }),
    )
  })
})
