/** Ids for runs that the command starts: what they are of, and when. */

/** `agent-py-20261124-085653-k3x9`. */
export function newRunId(name: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  return `${name.replace(/[^\w-]+/g, '-')}-${time}-${random}`
}
