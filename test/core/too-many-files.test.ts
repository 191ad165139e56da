import { expect, it } from 'vitest'
import { tooManyFiles } from '../../src/core/too-many-files.ts'

const withCode = (code: string): Error => Object.assign(new Error(`open ${code}`), { code })

it.each(['EMFILE', 'ENFILE'])('names %s, which the process or the system may lack', (code) => {
  const error = tooManyFiles(withCode(code))
  expect(error).toMatchObject({ code: 'too-many-files', status: 503 })
  expect(error?.message).toBe(
    `no more files may be open (open ${code}); raise \`ulimit -n\`, or lower --max-streams`,
  )
})

it('finds it behind the errors that it caused', () => {
  const outer = new Error('no connection', {
    cause: new Error('tls', { cause: withCode('EMFILE') }),
  })
  expect(tooManyFiles(outer)?.message).toContain('open EMFILE')
})

it.each([withCode('ENOENT'), new Error('other'), 'EMFILE', undefined])(
  'leaves %s alone',
  (thrown) => {
    expect(tooManyFiles(thrown)).toBeUndefined()
  },
)
