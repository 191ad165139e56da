/** Errors of an application's own route, whose clients have one class for all of them. */
import { type ApiErrorCode, apiErrorStatus } from '../../../src/core/api-error.ts'
import type { Reader } from './reader.ts'

const codes = Object.keys(apiErrorStatus).filter(
  (code): code is ApiErrorCode => code in apiErrorStatus,
)

/** `hasStatus` where the client tells it, too. */
export const appErrors = (name: string, hasStatus: boolean): Reader['errors'] =>
  Object.fromEntries(
    codes.map((code) => [code, hasStatus ? { name, status: apiErrorStatus[code] } : { name }]),
  )
