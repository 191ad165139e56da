/** The error codes of HTTP/2, as people write them. */
import { z } from 'zod'
import { type Http2Code, http2Codes } from '../core/http.ts'
import { suggestion } from '../core/suggest.ts'

export const http2Code: z.ZodType<Http2Code> = z.enum(http2Codes, {
  error: ({ input }) =>
    `unknown HTTP/2 error code "${String(input)}"${suggestion(String(input), http2Codes)}`,
})
