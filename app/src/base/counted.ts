/** Figures with what they count, for people: `1 span`, `1,204 spans`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${plural(count, noun)}`
}

/** `span` of one, else `spans`. */
export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}
