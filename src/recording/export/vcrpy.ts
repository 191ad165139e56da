/**
 * Recordings as one cassette of vcrpy (version 1), in their order. A cassette knows neither times
 * nor chunks nor how a connection ended, and that is said. Must never hold a body.
 * Source: what vcrpy's YAML serializer reads and writes.
 */
import type { Headers } from '../../core/http.ts'
import type { Recording } from '../format.ts'
import type { Exporter, ExportOptions } from './exporter.ts'
import { statusText } from './status-text.ts'
import { base64Pieces, type Survey, surveyOf, textPieces } from './survey.ts'
import { binaryBlock, quotedLines, yamlScalar } from './yaml-text.ts'

export const vcrpy: Exporter = {
  name: 'vcrpy',
  title: 'cassette of vcrpy (YAML)',
  *write(exported, options) {
    let count = 0
    for (const { recording } of exported) {
      const { failed, ending } = recording
      const survey = surveyOf(recording)
      if (failed !== undefined || !survey.head) {
        options.leaveOut(recording.file, `there was no answer${failed ? `: ${failed}` : ''}`)
        continue
      }
      if (count++ === 0) yield 'interactions:\n'
      sayWhatIsLost(survey, ending, options)
      yield* interaction(recording, survey, survey.head)
    }
    yield count === 0 ? 'interactions: []\nversion: 1\n' : 'version: 1\n'
  },
}

function sayWhatIsLost(survey: Survey, ending: Recording['ending'], { lose }: ExportOptions): void {
  lose('times')
  if (survey.chunks > 1) lose('chunk borders')
  if (ending !== 'end') lose(`the ending (${ending ?? 'cut off'})`)
}

function* interaction(
  recording: Recording,
  { isText, bytes }: Survey,
  head: NonNullable<Survey['head']>,
): Generator<string> {
  const { request } = recording
  yield '- request:\n'
  yield '    body: '
  if (request.base64 !== undefined) yield* binaryBlock([request.base64], '      ')
  else if (request.body === undefined) yield 'null'
  else yield* quotedLines([request.body], '      ')
  yield `\n${headerLines(request.headers)}`
  yield `    method: ${yamlScalar(request.method)}\n`
  yield `    uri: ${yamlScalar(request.url)}\n`
  yield '  response:\n    body:\n      string: '
  if (bytes === 0) yield '""'
  else if (isText) yield* quotedLines(textPieces(recording.timeline()), '        ')
  else yield* binaryBlock(base64Pieces(recording.timeline()), '        ')
  yield `\n${headerLines(head.headers)}`
  yield `    status:\n      code: ${head.status}\n`
  yield `      message: ${yamlScalar(statusText(head.status))}\n`
}

/** Each name once, with a list of its values. */
function headerLines(headers: Headers): string {
  const byName = new Map<string, { name: string; values: string[] }>()
  for (const [name, value] of headers) {
    const known = byName.get(name.toLowerCase()) ?? { name, values: [] }
    byName.set(name.toLowerCase(), known)
    known.values.push(value)
  }
  if (byName.size === 0) return '    headers: {}\n'
  const lines = [...byName.values()].map(
    ({ name, values }) =>
      `      ${yamlScalar(name)}:\n${values.map((one) => `      - ${yamlScalar(one)}\n`).join('')}`,
  )
  return `    headers:\n${lines.join('')}`
}
