/** A run's age as a stop watch shows it: `04:31`, `1:04:31`; below a minute with tenths: `3.2 s`. */
export function formatElapsed(seconds: number): string {
  if (!(seconds >= 0)) return '–'
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`
  const whole = Math.floor(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
