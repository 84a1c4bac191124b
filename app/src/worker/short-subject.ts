/** Shortens what some recorders pass as a model or tool, for people; the raw line keeps it all. */
const MAX_CHARS = 120
/** `OpenAIChat(id='Qwen/Qwen3-8B', name='OpenAIChat', …)`: a Python repr around the model's id. */
const REPR_ID = /^\w+\(.*?\b(?:id|model|name)=(['"])(.+?)\1/

/** @example shortSubject("OpenAIChat(id='Qwen/Qwen3-8B', …)") // 'Qwen/Qwen3-8B' */
export function shortSubject(subject: string): string {
  const inside = REPR_ID.exec(subject)?.[2] ?? subject
  return inside.length > MAX_CHARS ? `${inside.slice(0, MAX_CHARS - 1)}…` : inside
}
