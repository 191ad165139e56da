import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import { type Dialect, isApiError } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { compileDialect, resolveDialect } from '../../../src/dialects/declared/declared.ts'
import { type DialectDescription, dialectSchema } from '../../../src/dialects/declared/schema.ts'
import { cutText } from '../../../src/dialects/grain.ts'
import { buoy } from '../../docs/buoy.ts'
import { read, root } from '../../docs/pages.ts'
import { conformance } from '../conformance.ts'
import { dialectOf } from '../shipped.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

const page = read('docs/adding-a-dialect.md')
const here = read('test/dialects/declared/adding-a-dialect.test.ts')

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (found) => found[1] ?? '',
  )

const [first = '', ...others] = blocks('yaml')
const steps = [first, ...others.slice(0, -2)]
const final = others.at(-2) ?? ''
const extension = others.at(-1) ?? ''
const [firstStream = '', finalStream = ''] = blocks('text')

/** Each step laid over those before it. */
function grow(fragments: readonly string[]): DialectDescription {
  return fragments.reduce<DialectDescription>((base, fragment) => {
    const step = dialectSchema.parse({ extends: 'base', ...Object(parse(fragment)) })
    const grown = resolveDialect(step, new Map([['base', base]]))
    if ('problems' in grown) throw new Error(JSON.stringify(grown.problems))
    return grown
  }, {})
}

const traits = {
  path: '/v2/north/talk',
  params: { room: 'north' },
  headers: [['x-harbor-berth', '9']],
  body: { question: 'hello', live: true },
  whole: { live: false },
  finishReasons: ['stop', 'length', 'tool-calls'],
  terminator: 'bye',
  refused: {
    'no question': {},
    'too deep a depth': { question: 'hello', depth: 12 },
  },
} as const

function stream(dialect: Dialect, question: string, answer: string): string {
  const request = accepted(dialect, jsonRequest(traits, { question }))
  const events = cutText(answer, dialect.grain).map((text): Event => ({ type: 'text', text }))
  return looseText(bytesOf(encode(dialect, events, replyTo(request))))
}

describe('the tutorial on adding a dialect', () => {
  it('begins with a description that answers as it says', () => {
    expect(stream(dialectOf(first), 'hello', 'Hello there')).toBe(firstStream)
  })

  it('grows step by step to the description at its end', () => {
    expect(steps).toHaveLength(5)
    for (const [i] of steps.entries()) {
      expect(compileDialect(grow(steps.slice(0, i + 1)))).not.toHaveProperty('problems')
    }
    expect(grow(steps)).toEqual(dialectSchema.parse(parse(final)))
  })

  it('ends with the stream that it shows', () => {
    const written = stream(dialectOf(final), 'Where do I moor?', 'Berth nine.')
    expect(written.replace(/talk-\w{12}/g, 'talk-ID')).toBe(finalStream)
  })

  it('refuses a request in the words that it shows', () => {
    const refused = dialectOf(final).parseRequest(jsonRequest(traits, { question: '?', depth: 12 }))
    expect(isApiError(refused) && page.includes(refused.message ?? '-')).toBe(true)
  })

  it('answers in one piece and in error as the templates say', () => {
    const dialect = dialectOf(final)
    const request = accepted(dialect, jsonRequest(traits, { question: '?', live: false }))
    const { body } = dialect.whole([{ type: 'text', text: 'Berth nine.' }], replyTo(request))
    expect(JSON.parse(String(body))).toMatchObject({ answer: 'Berth nine.', depth: 3 })
    expect(dialect.error({ code: 'unavailable' }).status).toBe(529)
    expect(utf8(String(dialect.error({ code: 'rate-limited' }).body))).toEqual(
      utf8('{"fault":"slow_down","says":"The harbor is full"}'),
    )
  })

  it('extends a shipped dialect', () => {
    expect(dialectOf(extension).name).toBe('chatapi')
  })
})

describe('the tutorial on a dialect in code', () => {
  it('shows the code that is tested here', () => {
    const code = read('test/docs/buoy.ts')
      .replaceAll("'../../src/dialects/", "'./")
      .replaceAll("'../../src/", "'../")
    expect(page).toContain(`\`\`\`ts\n${code}\`\`\``)
  })

  it('names files that exist, but for its own', () => {
    const named = [...page.matchAll(/`((?:src|test|docs)\/[\w/.-]+)`/g)].map(([, path]) => path)
    expect(named.filter((path) => !existsSync(`${root}${path}`))).toEqual(['src/dialects/buoy.ts'])
    const shapes = [...page.matchAll(/\(`([\w-]+\.ts)`\)/g)].map(([, file]) => file)
    expect(shapes.length).toBeGreaterThan(3)
    expect(shapes.filter((file) => !existsSync(`${root}src/dialects/shapes/${file}`))).toEqual([])
  })

  it('shows how it is listed for conformance', () => {
    expect(page).toContain(/^conformance\(buoy[\s\S]*?^}\)\n/m.exec(here)?.[0])
  })

  it('writes streams that grow', () => {
    const request = accepted(buoy, jsonRequest({ path: '/buoy/ask' }, { question: 'Where?' }))
    const events = ['Due', ' north'].map((text): Event => ({ type: 'text', text }))
    expect(looseText(bytesOf(encode(buoy, events, replyTo(request))))).toBe(
      'data: {"said":"Due"}\n\ndata: {"said":"Due north"}\n\n' +
        'data: {"said":"Due north","why":"stop"}\n\n',
    )
  })
})

conformance(dialectOf(final), traits)

conformance(buoy, {
  path: '/buoy/ask',
  body: { question: 'hello', live: true },
  whole: { live: false },
  finishReasons: ['stop', 'length', 'content-filter', 'tide'],
  refused: { 'no question': {}, 'a number for a question': { question: 7 } },
})
