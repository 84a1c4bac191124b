/** Set-up of each component test. */
import { configure } from '@testing-library/react'

// Parts of the page are loaded when they are first shown, which can take seconds on a busy machine.
configure({ asyncUtilTimeout: 20_000 })
