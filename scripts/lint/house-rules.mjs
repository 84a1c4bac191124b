/**
 * The repository's own lint rules, loaded by oxlint (`jsPlugins` in .oxlintrc.json). Each rule has
 * a test that provokes it (house-rules.test.ts), because a plugin that fails to load would
 * otherwise look like clean code.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { importFault } from './arrows.mjs'

/** @typedef {Parameters<import('oxlint/plugins-dev').RuleTester['run']>[1]} Rule */
/** @typedef {{ readonly type: string, readonly value: string, readonly range: [number, number] }} StringLiteral */

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The only file that may use requestAnimationFrame; it passes it to the frame loop of the app. */
const FRAME_FILE = 'app/src/main.tsx'

/**
 * Returns `file` relative to the repository root, with forward slashes, as the tables write it.
 *
 * @param {string} file
 */
function repoPath(file) {
  return path.relative(root, file).split(path.sep).join('/')
}

/** @type {Rule} Every form of import obeys the tables of arrows.mjs. */
const importArrows = {
  create(context) {
    const file = repoPath(context.filename)
    /** @param {StringLiteral | null} source */
    const check = (source) => {
      const fault = source === null ? undefined : importFault(file, source.value)
      if (source !== null && fault !== undefined) context.report({ node: source, message: fault })
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
      ImportExpression: ({ source }) => {
        if (source.type === 'Literal' && typeof source.value === 'string') check(source)
      },
    }
  },
}

/** @type {Rule} A package's index lists the names it exports; `export *` would hide them. */
const noExportStar = {
  create(context) {
    return {
      ExportAllDeclaration: (node) =>
        context.report({ node, message: 'list the names: `export *` is not used here' }),
    }
  },
}

/** @type {Rule} The app has one animation-frame loop; a second one would paint twice per frame. */
const oneFrameLoop = {
  create(context) {
    const file = repoPath(context.filename)
    if (!file.startsWith('app/src/') || file === FRAME_FILE || file.includes('.test.')) return {}
    return {
      Identifier(node) {
        if (node.name !== 'requestAnimationFrame') return
        context.report({
          node,
          message: `only ${FRAME_FILE} may use it; use base/frame.ts`,
        })
      },
    }
  },
}

// oxlint loads a plugin by its default export.
export default {
  meta: { name: 'wattline' },
  rules: {
    'import-arrows': importArrows,
    'no-export-star': noExportStar,
    'one-frame-loop': oneFrameLoop,
  },
}
