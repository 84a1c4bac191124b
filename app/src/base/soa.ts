/**
 * Struct of arrays: an object whose public typed arrays are columns, with one entry per record.
 *
 * ```
 *   startS  Float64Array [ 0.5, 0.9, 1.4, – ]
 *   kind    Uint16Array  [   0,   2,   0, – ]     count = 3, capacity = 4
 * ```
 */
type Column = Float64Array | Float32Array | Int32Array | Uint16Array | Uint8Array

/** Lengthens each typed array of `soa` from `capacity` to `newCapacity` records; keeps their values. */
export function growColumns(soa: object, capacity: number, newCapacity: number): void {
  for (const [name, column] of Object.entries(soa)) {
    if (!isColumn(column)) continue
    // A column may have several entries per record.
    const longer = resized(column, (column.length / capacity) * newCapacity)
    Object.assign(soa, { [name]: longer })
  }
}

/** A longer copy of a typed array. */
export function resized<T extends Column>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length)
  longer.set(column)
  return longer
}

function isColumn(value: unknown): value is Column {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}
