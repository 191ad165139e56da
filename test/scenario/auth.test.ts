import { describe, expect, it } from 'vitest'
import { checkAuth } from '../../src/scenario/auth.ts'
import { ask } from './request.ts'

const auth = {
  keys: [
    { key: 'any' },
    { key: 'one-model', models: ['gpt-4o'] },
    { key: 'one-api', dialects: ['openai-chat'] },
  ],
}

describe('checkAuth', () => {
  it.each([
    ['any', { model: 'x' }, undefined],
    [undefined, {}, 'unauthorized'],
    ['', {}, 'unauthorized'],
    ['wrong', {}, 'unauthorized'],
    ['one-model', { model: 'gpt-4o' }, undefined],
    ['one-model', {}, undefined],
    ['one-model', { model: 'gpt-3' }, 'forbidden'],
    ['one-api', {}, undefined],
    ['one-api', { dialect: 'vanus' }, 'forbidden'],
  ])('answers key %s for %j with %s', (key, asked, code) => {
    expect(checkAuth(auth, ask(asked), key)?.code).toBe(code)
  })

  it('asks for nothing where the scenario does not', () => {
    expect(checkAuth(undefined, ask(), undefined)).toBeUndefined()
  })
})
