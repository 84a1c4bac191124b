/** Lines of logs for property tests: valid ones in any notation, and damaged ones. */
import fc from 'fast-check'
import { KEY_ROLES } from '../row/metadata-reader.ts'
import { FIGURE_KEYS, FIGURE_OBJECT_KEYS } from '../row/usage.ts'

const utf8 = new TextEncoder()

/** Splits bytes into chunks at the given places, each taken modulo the length. */
export function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...at.map((n) => n % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(' ', '\t', '  ', '\r', ' \t\r '),
)

/** A text as JSON: every character escaped, or as JSON.stringify writes it. */
const asJson = (texts: fc.Arbitrary<string>) =>
  fc
    .tuple(texts, fc.integer({ min: 0, max: 7 }))
    .map(([text, form]) =>
      form === 0
        ? `"${Array.from({ length: text.length }, (_, i) => escape(text, i)).join('')}"`
        : JSON.stringify(text),
    )

function escape(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`
}

const word = fc.constantFrom(
  'search',
  'gpt-5',
  'ok',
  'error',
  'FAILED',
  'completed',
  'Aborted',
  'None',
  'false',
  ' ',
  '0',
  '12',
  'true',
)
const text = asJson(
  fc.oneof(
    { weight: 4, arbitrary: word },
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.constantFrom('', '\ufeffbom', 'é', '🙂', 'a"b\\c\n', '\ud800', '\u007f\u0080'),
  ),
)

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.double({ min: 0, max: 2e10, noNaN: true }).map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.integer({ min: 0, max: 4e9 }), fc.stringMatching(/^\d{1,20}$/))
    .map((two) => two.join('.')),
  fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/),
  fc.constantFrom('0', '-0', '-0.0', '1.0', '1e3', '01', '-', '1.', '.5', '1e', 'NaN', '-Infinity'),
  fc.constantFrom('9007199254740993', '1e999', '123456789012345', '1234567890123456'),
)

const time = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 1.6e9, max: 2e9, noNaN: true }).map(String) },
  { weight: 2, arbitrary: number },
  fc.constantFrom('1e11', '100000000001', '-100000000000', '1800000000000', '"1"', 'null'),
)

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    text,
    number,
    fc.constantFrom('true', 'false', 'null', '""', '{}', '[]'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(text, space, tie('value')), { maxLength: 3 })
      .map(
        (fields) =>
          `{${fields.map(([key, gap, field]) => `${key}${gap}:${gap}${field}`).join(',')}}`,
      ),
  ),
}))

const object = (fields: fc.Arbitrary<[string, string][]>) =>
  fc
    .tuple(fields, space, space)
    .map(
      ([pairs, one, other]) =>
        `{${one}${pairs.map(([key, field]) => `${key}${other}:${one}${field}${other}`).join(`,${one}`)}}`,
    )

/** Keys without a role in pairing, by which spans can be grouped. */
export const EXTRA_KEYS = ['team', 'équipe', '__proto__'] as const

const isFigure = (key: string) => FIGURE_KEYS.has(key) || FIGURE_OBJECT_KEYS.includes(key)
const figureKey = asJson(fc.constantFrom(...FIGURE_KEYS.keys(), ...FIGURE_OBJECT_KEYS))
const otherKey = asJson(fc.constantFrom(...[...KEY_ROLES.keys()].filter((key) => !isFigure(key))))
const knownKey = fc.oneof({ weight: 3, arbitrary: otherKey }, figureKey)
const metadataField = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(knownKey, fc.oneof({ weight: 3, arbitrary: text }, number)) },
  { weight: 2, arbitrary: fc.tuple(knownKey, value) },
  { weight: 2, arbitrary: fc.tuple(asJson(fc.string({ maxLength: 8 })), value) },
  fc.tuple(fc.constantFrom('"__proto__"', '"constructor"', '"reading"'), value),
  fc.tuple(fc.constantFrom(...EXTRA_KEYS.map((key) => JSON.stringify(key))), value),
  fc.tuple(
    figureKey,
    fc
      .array(fc.tuple(figureKey, number), { maxLength: 3 })
      .map((fields) => `{${fields.map((field) => field.join(':')).join(',')}}`),
  ),
)
const metadata = object(
  fc.oneof(
    fc.uniqueArray(metadataField, { maxLength: 6, selector: ([key]) => key }),
    fc.array(metadataField, { maxLength: 4 }),
  ),
)

const type = asJson(
  fc.constantFrom(
    'tool_call_start',
    'tool_call_end',
    'turn_start',
    'turn_end',
    'trajectory_end',
    'x',
    '_end',
    'é_start',
    '\ufeffx_start',
    '',
  ),
)

/** An event: its three fields in any order, often with other fields or a repeated field. */
const eventLine = object(
  fc
    .tuple(
      fc.tuple(fc.constant('"event_type"'), type),
      fc.tuple(fc.constant('"timestamp"'), time),
      fc.tuple(
        fc.constant('"metadata"'),
        fc.oneof({ weight: 8, arbitrary: metadata }, fc.constantFrom('null', '[1]', '"x"')),
      ),
      fc.array(
        fc.oneof(
          fc.tuple(
            asJson(fc.constantFrom('seq', 'payload', 'timestamp_ns', 'reading', 'source')),
            value,
          ),
          fc.tuple(fc.constantFrom('"timestamp"', '"\\u0074imestamp"'), time),
        ),
        { maxLength: 2, size: 'small' },
      ),
    )
    .chain(([kind, when, what, more]) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<[string, string][]>([kind, when, what]) },
        fc.shuffledSubarray([kind, when, what, ...more], { minLength: 2 }),
      ),
    ),
)

export const validLine: fc.Arbitrary<string> = fc
  .tuple(space, eventLine, space)
  .map((parts) => parts.join(''))

const sampleLine: fc.Arbitrary<string> = fc
  .tuple(time, fc.double({ noNaN: true, min: 0, max: 700 }))
  .map(([when, watts]) => `{"timestamp":${when},"reading":{"power_watts":${watts}}}`)

type Edit = readonly [where: number, how: 'flip' | 'insert' | 'delete' | 'cut', byte: number]

const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.nat(4000),
  fc.constantFrom('flip', 'insert', 'delete', 'cut'),
  fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...utf8.encode('"\\{}[],:0-.e \t\r'))),
)

/** Lines with a few changed bytes. Some of them are still valid. */
export const damaged = (lines: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(lines, fc.array(edit, { maxLength: 3 }))
    .map(([line, edits]) => edits.reduce(apply, utf8.encode(line)))

function apply(bytes: Uint8Array<ArrayBuffer>, [where, how, byte]: Edit): Uint8Array<ArrayBuffer> {
  const at = where % (bytes.length + 1)
  const behind = how === 'cut' ? bytes.length : how === 'insert' ? at : at + 1
  const between = how === 'flip' || how === 'insert' ? [byte] : []
  return Uint8Array.from([...bytes.subarray(0, at), ...between, ...bytes.subarray(behind)])
}

const plainLine = fc
  .nat(9999)
  .map((n) => `{"event_type":"x_end","timestamp":${n},"metadata":{"id":${n}}}`)
const logLine = fc.oneof(
  { weight: 6, arbitrary: plainLine.map((text) => utf8.encode(text)) },
  { weight: 2, arbitrary: damaged(validLine) },
  sampleLine.map((text) => utf8.encode(text)),
  fc.constantFrom('', ' ', '\r', 'no json', '\ufeff').map((text) => utf8.encode(text)),
)
/** A log with valid, damaged and blank lines, CRLF, a BOM, and often a torn last line. */
export const anyLog = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(logLine, fc.constantFrom('\n', '\n', '\r\n'))),
    fc.boolean(),
  )
  .map(([hasBom, lines, isTorn]) => {
    const bytes = lines.flatMap(([text, newline]) => [...text, ...utf8.encode(newline)])
    const bom = hasBom ? [0xef, 0xbb, 0xbf] : []
    return Uint8Array.from(isTorn ? [...bom, ...bytes.slice(0, -2)] : [...bom, ...bytes])
  })
