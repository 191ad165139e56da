import { afterEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/testing/start.ts'

let double: Double

afterEach(() => double.close())

async function ask(session: string, content: string): Promise<void> {
  const response = await fetch(double.url('/v1/chat/completions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stuntdouble-session': session },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] }),
  })
  expect(response.status).toBe(200)
  await response.text()
}

async function bodiesOf(session: string): Promise<string[]> {
  const response = await fetch(double.url(`/_stuntdouble/journal?session=${session}`))
  const entries: readonly { readonly body: string }[] = JSON.parse(await response.text())
  return entries.map(({ body }) => body)
}

const scenarios = [{ name: 'any', pacing: 'instant', rules: [{ reply: 'yes' }] }]
const shownBytes = 16 * 1024

describe('a long body in the journal', () => {
  it('is masked before it is cut, however often somebody looks', async () => {
    double = await start({ scenarios })
    const secret = `sk-proj-${'aB3dE6gH9jK2'.repeat(4)}`
    await ask('a', `${'word '.repeat(3262)}${secret} ${'more '.repeat(5000)}`)
    for (let look = 0; look < 2; look += 1) {
      const [body = ''] = await bodiesOf('a')
      expect(body).toHaveLength(shownBytes)
      expect(body.slice(-20)).not.toContain('sk-proj')
      expect(body).toMatch(/word REDACTED/)
    }
  })
})
