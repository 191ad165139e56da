/** Requests as the floors read them, who know no HTTP. */

export function isWhole(request) {
  const bodyAt = request.indexOf('\r\n\r\n') + 4
  if (bodyAt < 4) return false
  const length = /content-length: *(\d+)/i.exec(request)?.[1] ?? 0
  return request.length >= bodyAt + Number(length)
}
