/**
 * Recognizes secrets by the name of a value and by their shape in a text. The recorder redacts them, and
 * labels do not show them. It cannot recognize every secret.
 */

export const REDACTED = '[redacted]'

/** Names of a secret in snake case. `tokens` and `token_count` do not match. */
const SECRET_NAME =
  /^(?:.*[_-])?(?:authorization|set[_-]cookie|cookie|passwords?|passwd|pwd|passphrase|password[_-]hash|pin|secrets?|jwt|(?:private|api|access|secret|account)[_-]?key|(?:access|refresh|auth|bearer|id|session)?[_-]?token|credentials?|client[_-]?secret|connection[_-]?string)$/i

/** A longer name is not that of a secret. */
const MAX_NAME_CHARS = 128

/**
 * Secrets that are recognizable anywhere in a text. Each pattern takes linear time: where it can scan
 * far, it starts only once per run of the same characters.
 */
const SECRET_TEXT = new RegExp(
  [
    String.raw`\bsk-[A-Za-z0-9_-]{16,}`, // OpenAI, Anthropic
    String.raw`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`, // Stripe
    String.raw`\bglpat-[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bgsk_[A-Za-z0-9]{20,}`,
    String.raw`\bSG\.[\w-]{16,}\.[\w-]{16,}`, // SendGrid
    String.raw`(?<=\bhooks\.slack\.com\/services\/)[\w/]+`,
    String.raw`\bgh[oprsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}`,
    String.raw`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
    String.raw`\bAIza[0-9A-Za-z_-]{30,}`,
    String.raw`\bxox[abeprs]-[0-9A-Za-z-]{10,}`,
    String.raw`\bhf_[A-Za-z0-9]{20,}`,
    String.raw`(?<![\w-])[\w-]{11,}\.eyJ[\w-]{8,}\.[\w-]+`, // JSON Web Token
    String.raw`\b[Bb]earer\s+[\w.~+/=-]{12,}`,
    String.raw`(?<=\b[Aa]uthorization["']?:\s?["']?[Bb]asic\s)[\w+/=-]+`,
    String.raw`(?<=\s-u\s[^\s:]{1,100}:)\S+`, // curl
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
    String.raw`(?<=:\/\/[^\s:/@]{1,256}:)[^\s:/@]+(?=@)`, // user:password@host
  ].join('|'),
  'g',
)

/** `NAME=value` in commands and URLs, and `"NAME": "value"` in JSON. */
const ASSIGNMENT =
  /(?<![\w-])([\w-]{1,128})(=)([^\s&"',;]+)|"([\w-]{1,128})"(\s{0,9}:\s{0,9}")((?:[^"\\]|\\.){1,1000})"/g

/** Whether a value of this name is a secret: `api_key`, `dbPassword`, `Authorization`. */
export function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME_CHARS) return false
  return SECRET_NAME.test(name.replaceAll(/[a-z0-9](?=[A-Z])|[A-Z](?=[A-Z][a-z])/g, '$&_'))
}

/** Replaces the secrets in a text. */
export function redactSecretText(text: string): string {
  return text
    .replace(SECRET_TEXT, REDACTED)
    .replace(
      ASSIGNMENT,
      (whole, name?: string, sign = '', _value = '', quoted = '', colon = '') => {
        if (name !== undefined) return isSecretName(name) ? `${name}${sign}${REDACTED}` : whole
        return isSecretName(quoted) ? `"${quoted}"${colon}${REDACTED}"` : whole
      },
    )
}
