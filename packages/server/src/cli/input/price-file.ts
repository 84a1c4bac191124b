/**
 * Reads a price file, in US dollars for a million tokens: `{"model": [input, output]}`, or
 * `{"model": {"input", "output", "cacheRead"?, "cacheWrite"?, "cacheWrite1h"?}}`.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type ListedPrice, PriceList, type PriceTable, showHiddenInLine } from '@wattline/trace'
import { CliError, orFileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

/**
 * The list prices, with those of a file in place of theirs: `--prices`, else `WATTLINE_PRICES`.
 *
 * @throws {CliError} when the file cannot be read or is not a table of prices.
 */
export async function readPrices(flag: string | undefined, io: CliIo): Promise<PriceList> {
  const file = flag ?? (io.env['WATTLINE_PRICES'] || undefined)
  return new PriceList(file === undefined ? {} : await readTable(file, io))
}

async function readTable(file: string, io: CliIo): Promise<PriceTable> {
  const text = await orFileError('read', file, readFile(resolve(io.cwd, file), 'utf8'))
  const expected = 'expected {"model": [input, output]}'
  let table: unknown
  try {
    table = JSON.parse(text)
  } catch (error) {
    throw new CliError(`${file} is not JSON; ${expected}.`, { cause: error })
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new CliError(`${file} is not a table of prices; ${expected}.`)
  }
  return Object.fromEntries(
    Object.entries(table).map(([model, price]) => {
      const listed = listedPrice(price)
      if (listed !== undefined) return [model, listed]
      const got = showHiddenInLine(JSON.stringify(price))
      throw new CliError(
        `${file}: expected [input, output] or {"input", "output", "cacheRead", "cacheWrite", "cacheWrite1h"} for ${showHiddenInLine(model)}, got ${got}.`,
      )
    }),
  )
}

const PARTS = ['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWrite1h'] as const

function listedPrice(price: unknown): ListedPrice | undefined {
  if (Array.isArray(price)) {
    const [input, output] = price as readonly unknown[]
    return price.length === 2 && isUsd(input) && isUsd(output) ? { input, output } : undefined
  }
  if (typeof price !== 'object' || price === null) return undefined
  const entries = Object.entries(price)
  const isKnown = ([part, usd]: readonly [string, unknown]): boolean =>
    PARTS.some((known) => known === part) && isUsd(usd)
  if (!entries.every(isKnown)) return undefined
  return 'input' in price && 'output' in price ? (price as ListedPrice) : undefined
}

function isUsd(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}
