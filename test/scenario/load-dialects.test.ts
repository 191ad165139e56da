import { describe, expect, it } from 'vitest'
import { compileDialect } from '../../src/dialects/declared/declared.ts'
import { knownDialects } from '../../src/scenario/load-dialects.ts'
import { shippedDescriptions } from '../../src/scenario/load-shipped.ts'
import { scenarioFrom } from './parse.ts'

describe('the shipped dialects', () => {
  it('fit together, for a server takes them as they are', async () => {
    const shipped = await shippedDescriptions()
    expect(shipped.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['chatapi', 'kernel2', 'kernel2-actual', 'vanus']),
    )
    for (const one of shipped) expect(compileDialect(one), one.name).not.toHaveProperty('problems')
  })

  it('come in an order in which a variant follows what it extends', async () => {
    const names = (await knownDialects()).map(({ name }) => name)
    expect(names.indexOf('kernel2')).toBeLessThan(names.indexOf('kernel2-actual'))
    expect(names[0]).toBe('openai-chat')
  })

  it('can be preferred and extended by a scenario', async () => {
    const { dialects } = await scenarioFrom(
      [
        'dialects:',
        '  - kernel2-actual',
        '  - { extends: chatapi, stream: { spaceAfterColon: true } }',
        'rules: [{ when: { dialect: [chatapi, vanus] }, reply: hi }]',
      ].join('\n'),
    )
    expect(dialects).toMatchObject([
      { kind: 'known', name: 'kernel2-actual' },
      { kind: 'declared', dialect: { name: 'chatapi' } },
    ])
  })
})
