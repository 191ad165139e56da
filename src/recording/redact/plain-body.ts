/**
 * The body of a request as it was before a client compressed it, so that secrets can be found in
 * it and two requests be compared. Must never be used for what is sent on.
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { noBytes } from '../../core/bytes.ts'
import { type Headers, type HttpRequest, header } from '../../core/http.ts'

const largestPlainBytes = 64 * 1024 * 1024

type Decode = typeof gunzipSync

/** They are taken from their module when they are first called, since few runs need it. */
const gunzip: Decode = (...given) => gunzipSync(...given)
const decoders: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: (...given) => inflateSync(...given),
  br: (...given) => brotliDecompressSync(...given),
}

/** The body is left out where it cannot be read: what cannot be searched is not kept. */
export function plainRequest(request: HttpRequest): { headers: Headers; body: Uint8Array } {
  const coding = header(request.headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return request
  const headers = request.headers.filter(([name]) => !/^content-(?:encoding|length)$/i.test(name))
  const decode = decoders[coding]
  try {
    const body = decode?.(request.body, { maxOutputLength: largestPlainBytes })
    return { headers, body: body ?? noBytes }
  } catch {
    return { headers, body: noBytes }
  }
}
