/** How much of the end of a name is always shown. */
const TAIL_CHARS = 12

/** A name that is cut in the middle if there is no room: names of files and devices differ at the end. */
export function NameParts({ name }: { name: string }) {
  return (
    <>
      <span className="power-name-head">{name.slice(0, -TAIL_CHARS)}</span>
      <span>{name.slice(-TAIL_CHARS)}</span>
    </>
  )
}
