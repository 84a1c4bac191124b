import { wholeBefore } from '@wattline/trace'

/** How much of the end of a name is always shown. */
const TAIL_CHARS = 12

/** A name that is cut in the middle if there is no room: names of files and devices differ at the end. */
export function NameParts({ name }: { name: string }) {
  const tailFrom = wholeBefore(name, name.length - TAIL_CHARS)
  return (
    <>
      <span className="power-name-head">{name.slice(0, tailFrom)}</span>
      <span>{name.slice(tailFrom)}</span>
    </>
  )
}
