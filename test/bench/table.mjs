/** Figures as aligned text, for people. */

const titles = {
  'stuntdouble-new': 'stuntdouble, new prompts',
  koa: 'Koa, one buffer',
  'node-http': 'node:http, a write a frame',
  'bare-net': 'bare net',
  'bare-file': 'node:http, a piped file',
  'undici-pipe': 'bare undici pipe',
}

export const titleOf = (server) => titles[server] ?? server

export const number = (value) => {
  if (value === null || !Number.isFinite(value)) return '-'
  if (Number.isInteger(value) || Math.abs(value) >= 100)
    return Math.round(value).toLocaleString('en-US')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

const cell = (value) => (typeof value === 'number' || value === null ? number(value) : `${value}`)

/** The first column stands left, the others right. */
export function table(title, columns, rows) {
  const lines = [columns, ...rows.map((row) => row.map(cell))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at].length)))
  const aligned = (line) =>
    line.map((one, at) => (at === 0 ? one.padEnd(widths[at]) : one.padStart(widths[at]))).join('  ')
  return [title, ...lines.map((line) => `  ${aligned(line)}`), ''].join('\n')
}

/** A figure with its spread over the rounds. */
export const spread = ({ median, low, high }) =>
  `${number(median)} (${number(low)} to ${number(high)})`

/** A ratio with its spread over the rounds, if there were several. */
export const times = ({ median, low, high }) =>
  low === high ? `${number(median)} ×` : `${number(median)} × (${number(low)} to ${number(high)})`

export const percent = (part) => (part === null ? '-' : `${Math.round(part * 100)} %`)

/** How much more or less, as a part. */
export const change = (part) =>
  part === null ? '-' : `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`
