import { describe, expect, it } from 'vitest'
import { fakeNames } from '../../src/scenario/fake.ts'
import type { Reply } from '../../src/scenario/scenario.ts'
import { renderReply, type TemplateScope } from '../../src/scenario/template.ts'
import { seededRandom } from '../../src/time/random.ts'
import { firstRule, replyFrom } from './parse.ts'
import { ask } from './request.ts'

const scope = (change: Partial<TemplateScope> = {}): TemplateScope => ({
  request: ask({
    url: '/api/v1/demo?lang=en',
    headers: [['X-Tenant', 'acme']],
    params: { app: 'demo' },
    body: { metadata: { role: 'r1', tags: ['a', 'b'] }, n: 7 },
    model: 'gpt-4o',
    user: 'Rain in Oslo?',
    system: 'Be brief.',
    tools: ['f'],
  }),
  captures: {},
  turn: 3,
  session: 's1',
  hit: 2,
  seed: 7,
  random: seededRandom('7/test'),
  ...change,
})

const textOf = (reply: Reply): unknown => {
  const step = reply.kind === 'script' ? reply.steps[0] : undefined
  return step && 'text' in step ? step.text : reply
}

async function rendered(template: string, change: Partial<TemplateScope> = {}): Promise<unknown> {
  return textOf(renderReply(await replyFrom(JSON.stringify(template)), scope(change)))
}

describe('renderReply', () => {
  it.each([
    ['{{ model }} {{ user }} {{ system }}', 'gpt-4o Rain in Oslo? Be brief.'],
    ['{{ turn }} {{ session }} {{ hit }} {{ seed }}', '3 s1 2 7'],
    [
      '{{ request.method }} {{ request.path }} {{ request.url }}',
      'POST /api/v1/demo /api/v1/demo?lang=en',
    ],
    ['{{ request.params.app }} {{ request.query.lang }}', 'demo en'],
    ['{{ request.headers.x-tenant }}{{ request.headers["x-tenant"] }}', 'acmeacme'],
    ['{{ request.body.metadata.role }} {{ request.body.n | plus: 1 }}', 'r1 8'],
    [
      '{{ request.body.metadata.tags[1] }} {{ request.body.metadata }}',
      'b {"role":"r1","tags":["a","b"]}',
    ],
    ['{{ request.body.no.such.thing }}!', '!'],
    ['{{ request.model }} {{ request.stream }} {{ request.dialect }}', 'gpt-4o true openai-chat'],
    ['{% for m in messages %}{{ m.role }}: {{ m.text }}{% endfor %}', 'user: Rain in Oslo?'],
    ['{{ user | upcase | truncate: 8 }}', 'RAIN ...'],
    ['{% if turn > 2 %}again{% else %}hello{% endif %}', 'again'],
    ['{% assign n = turn | times: 2 %}{{ n }}', '6'],
    ['{% raw %}{{ user }}{% endraw %}', '{{ user }}'],
    ['plain { braces } % stay', 'plain { braces } % stay'],
  ])('%s', async (template, text) => {
    expect(await rendered(template)).toBe(text)
  })

  it('fills in what the regular expressions of the rule captured', async () => {
    const { reply } = await firstRule(
      [
        'rules:',
        "  - when: { user: { matches: '(\\w+) in (?<city>\\w+)' } }",
        "    reply: '{{ match.city }} {{ match[1] }} {{ match[0] }}'",
      ].join('\n'),
    )
    const captures = { 0: 'Rain in Oslo', 1: 'Rain', 2: 'Oslo', city: 'Oslo' }
    expect(textOf(renderReply(reply, scope({ captures })))).toBe('Oslo Rain Rain in Oslo')
  })

  it('hands back the very reply where it has no template', async () => {
    const reply = await replyFrom('hi')
    expect(renderReply(reply, scope())).toBe(reply)
  })

  it('renders every string of every kind of step', async () => {
    const steps = [
      'text: ["{{ turn }}", plain]',
      'reasoning: "{{ turn }}"',
      'tool: { name: "f{{ turn }}", id: "c{{ turn }}", arguments: { a: [1, "{{ user }}", null], b: true } }',
      'tool: { name: f, arguments: "{{ turn }}" }',
      'citation: { url: "{{ model }}" }',
      'comment: "{{ turn }}"',
      'raw: ["{{ turn }}", "x"]',
      'error: { code: overloaded, message: "{{ turn }}", param: "p{{ turn }}", body: { a: "{{ hit }}" } }',
      'finish: "f{{ turn }}"',
    ]
    const reply = await replyFrom(steps.map((step) => `\n      - ${step}`).join(''))
    expect(renderReply(reply, scope())).toEqual({
      kind: 'script',
      steps: [
        { do: 'text', text: ['3', 'plain'] },
        { do: 'reasoning', text: '3' },
        { do: 'tool', name: 'f3', id: 'c3', arguments: { a: [1, 'Rain in Oslo?', null], b: true } },
        { do: 'tool', name: 'f', arguments: '3' },
        { do: 'citation', citation: { url: 'gpt-4o' } },
        { do: 'comment', text: '3' },
        { do: 'raw', parts: ['3', 'x'] },
        {
          do: 'error',
          error: { code: 'overloaded', message: '3', param: 'p3', body: { a: '2' } },
        },
        { do: 'finish', reason: 'f3' },
      ],
    })
  })

  it('keeps a JSON body JSON, whatever a request puts into it', async () => {
    const reply = await replyFrom('{ status: 200, body: { said: "{{ user }}" } }')
    const request = ask({ user: 'a "quote"\n' })
    expect(renderReply(reply, scope({ request }))).toMatchObject({
      body: JSON.stringify({ said: 'a "quote"\n' }),
    })
  })

  it('lets no request break out of a header', async () => {
    const reply = await replyFrom('{ status: 200, headers: { x-said: "{{ user }}" } }')
    const request = ask({ user: 'a\r\nset-cookie: b' })
    expect(renderReply(reply, scope({ request }))).toMatchObject({
      headers: [['x-said', 'a set-cookie: b']],
    })
  })

  it('does not render what a request says', async () => {
    const request = ask({ user: '{{ seed }}' })
    expect(await rendered('{{ user }}', { request })).toBe('{{ seed }}')
  })

  it('stops a template that runs away, with an error of ours', async () => {
    const endless = '{% for a in (1..100000000) %}{{ a }}{% endfor %}'
    await expect(rendered(endless)).rejects.toMatchObject({ code: 'bad-scenario' })
  })
})

describe('fake data', () => {
  it.each(fakeNames)(
    'fake.%s is the same for the same seed, and another for another',
    async (name) => {
      const template = `{{ fake.${name} }}|{{ fake.${name} }}|{{ fake.${name} }}|{{ fake.${name} }}`
      const draw = (seed: string) => rendered(template, { random: seededRandom(seed) })
      const first = await draw('1')
      expect(first).toMatch(/^[^|]+(\|[^|]+){3}$/)
      expect(await draw('1')).toBe(first)
      expect(
        new Set(await Promise.all(['2', '3', '4', '5', '6', '7', '8'].map(draw))).size,
      ).toBeGreaterThan(1)
    },
  )

  it('goes on inventing within a reply', async () => {
    const [a, b] = String(await rendered('{{ fake.uuid }} {{ fake.uuid }}')).split(' ')
    expect(a).not.toBe(b)
  })
})
