/** Everything in the docs that can be run is run; everything that can be compared is compared. */
import { describe, expect, it } from 'vitest'
import { PageRun } from './page-run.ts'
import { blocksOf, pagesThatRun, read } from './pages.ts'

describe.concurrent('every block of', () => {
  it.each(pagesThatRun)(
    '%s does what the page says',
    async (page) => {
      await using run = new PageRun()
      for (const block of blocksOf(page)) await run.run(block)
      expect(run.unused).toEqual([])
    },
    120_000,
  )
})

describe('the npm commands of the README', () => {
  it('begin the page', () => {
    expect(
      blocksOf('README.md')
        .slice(0, 2)
        .map(({ text }) => text),
    ).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n'])
  })

  it('stand for what the tests put in their place', () => {
    const { scripts, bin } = JSON.parse(read('package.json'))
    expect(bin).toEqual({ stuntdouble: 'dist/cli/main.js' })
    expect(scripts).toMatchObject({
      start: 'node dist/cli/main.js serve',
      prestart: 'npm run bundle',
      pretest: 'npm run bundle',
      test: 'vitest run',
    })
  })

  it('find a lock file that fits package.json', () => {
    const asked = JSON.parse(read('package.json'))
    const locked = JSON.parse(read('package-lock.json')).packages['']
    expect(locked.dependencies).toEqual(asked.dependencies)
    expect(locked.devDependencies).toEqual(asked.devDependencies)
  })
})
