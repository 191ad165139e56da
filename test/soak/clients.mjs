/**
 * The clients of the soak: good ones, and all the ways in which one can be bad. Each function is one
 * exchange, and resolves when nothing of it is left on this side.
 */
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'

const paths = {
  openai: '/v1/chat/completions',
  anthropic: '/v1/messages',
  responses: '/v1/responses',
  ollama: '/api/chat',
}

function bodyOf(dialect, user, stream = true) {
  if (dialect === 'responses') return { model: 'gpt-4o', stream, input: user }
  const messages = [{ role: 'user', content: user }]
  return {
    model: 'gpt-4o',
    stream,
    messages,
    ...(dialect === 'anthropic' ? { max_tokens: 9 } : {}),
  }
}

function requestOf({ method = 'POST', path, headers = {}, body }) {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const fields = {
    host: 'localhost',
    ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${text}`
}

const chat = (dialect, user, { headers, stream } = {}) =>
  requestOf({ path: paths[dialect], headers, body: bodyOf(dialect, user, stream) })

const isWhole = (received) => {
  if (received.endsWith('0\r\n\r\n')) return true
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd >= 0 && received.startsWith('HTTP/1.1 204')) return true
  const length = /\r\ncontent-length: (\d+)/i.exec(received.slice(0, headEnd))
  return headEnd >= 0 && length !== null && received.length - headEnd - 4 >= Number(length[1])
}

/** How long any one exchange may take: what takes longer is a failure of the soak itself. */
export const mostMs = 60_000

/**
 * One request on a connection of its own. `leave` says when the client goes without having been
 * answered: `first` with the first bytes, `asked` once it has sent its request; `by` says how.
 */
function once(port, sent, { leave, by = 'fin', pauseMs = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const late = setTimeout(() => reject(new Error(`no end after: ${sent.slice(0, 300)}`)), mostMs)
    const go = () => (by === 'rst' ? socket.resetAndDestroy() : socket.destroy())
    socket.on('connect', () => socket.write(sent, () => leave === 'asked' && go()))
    socket.on('data', (data) => {
      received += data.toString('latin1')
      if (leave === 'first' || isWhole(received)) go()
      else if (pauseMs > 0) {
        socket.pause()
        setTimeout(() => socket.resume(), pauseMs)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(late)
      resolve(received)
    })
  })
}

/** A client that keeps its connection, as good ones do. */
export class Keeping {
  #port
  #socket
  #received = ''
  #over = () => {}

  constructor(port) {
    this.#port = port
  }

  ask(sent) {
    return new Promise((resolve, reject) => {
      this.#received = ''
      const late = setTimeout(() => reject(new Error(`no end: ${sent.slice(0, 300)}`)), mostMs)
      this.#over = (error) => {
        clearTimeout(late)
        if (error) reject(error)
        else resolve(this.#received)
      }
      this.#open().write(sent)
    })
  }

  close() {
    this.#over = () => {}
    this.#socket?.destroy()
  }

  #open() {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    this.#socket = connect(this.#port, '127.0.0.1')
    this.#socket.on('data', (data) => {
      this.#received += data.toString('latin1')
      if (isWhole(this.#received)) this.#over()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#over(new Error('a connection was lost')))
    return this.#socket
  }
}

/** One HTTP/2 connection with ten streams, of which half are given up, and then itself. */
function http2(port, nth) {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    session.on('close', resolve)
    let left = 10
    const over = () => {
      left -= 1
      if (left > 0) return
      if (nth % 2 === 0) session.close()
      else session.destroy()
    }
    for (let at = 0; at < 10; at += 1) {
      const stream = session.request({ ':method': 'POST', ':path': paths.openai })
      stream.on('error', () => {})
      stream.on('close', over)
      if (at % 2 === 0) stream.once('data', () => stream.close(8))
      stream.resume()
      stream.end(JSON.stringify(bodyOf('openai', at % 2 === 0 ? 'stalls' : 'short')))
    }
  })
}

const control = (port, method, path, body) =>
  once(port, requestOf({ method, path: `/_stuntdouble${path}`, body }))

/** Listens, waits and adds faults, and leaves before anything has come of it. */
async function askControl(port, nth) {
  const listen = requestOf({ method: 'GET', path: '/_stuntdouble/events' })
  const wait = requestOf({
    method: 'GET',
    path: '/_stuntdouble/wait?for=ended&count=9999&session=x',
  })
  await Promise.all([
    once(port, listen, { leave: 'first', by: nth % 2 === 0 ? 'rst' : 'fin' }),
    once(port, wait, { leave: 'asked' }),
    control(port, 'GET', '/health'),
    control(port, 'GET', '/journal?session=soak-2'),
    control(port, 'POST', '/faults', {
      faults: [{ reset: { at: { frame: 1 } } }],
      session: 'nobody',
      ttl: '1ms',
    }),
    control(port, 'POST', '/reset?session=soak-3'),
  ])
}

/** Somebody pauses a stream by hand and ends it. */
async function steer(port, nth) {
  const session = `steered-${nth % 97}`
  const headers = { 'x-stuntdouble-session': session, 'x-stuntdouble-pause': 'frame:2' }
  const client = once(port, chat('openai', 'short', { headers }))
  await control(port, 'GET', `/wait?for=paused&session=${session}&timeout=30s`)
  await control(port, 'POST', `/streams/end?session=${session}&how=reset`)
  await client
}

/** In a run of a hundred, so many of each; those marked are broken by a fault, or left. */
export const kinds = [
  {
    name: 'short, kept alive',
    parts: 14,
    run: (w, s) => w.keeping.ask(chat('openai', 'short', s)),
  },
  { name: 'Messages', parts: 8, run: (w, s) => w.keeping.ask(chat('anthropic', 'short', s)) },
  {
    name: 'Responses, kept',
    parts: 5,
    run: (w, s) => w.keeping.ask(chat('responses', 'short', s)),
  },
  { name: 'NDJSON', parts: 5, run: (w, s) => w.keeping.ask(chat('ollama', 'short', s)) },
  {
    name: 'whole answer',
    parts: 5,
    run: (w, s) => w.keeping.ask(chat('openai', 'short', { ...s, stream: false })),
  },
  { name: 'paced', parts: 4, run: (w, s) => w.keeping.ask(chat('openai', 'paced', s)) },
  { name: 'API error', parts: 3, run: (w, s) => w.keeping.ask(chat('openai', 'fails', s)) },
  {
    name: 'not JSON',
    parts: 2,
    run: (w) => w.keeping.ask(requestOf({ path: paths.openai, body: '{' })),
  },
  { name: 'live, taped', parts: 2, run: (w, s) => once(w.port, chat('openai', 'live', s)) },
  {
    name: 'slow reader',
    parts: 2,
    run: (w, s) => once(w.port, chat('openai', 'large', s), { pauseMs: 5 }),
  },
  {
    name: 'reset by a rule',
    parts: 9,
    isBroken: true,
    run: (w, s) => once(w.port, chat('openai', 'breaks', s)),
  },
  {
    name: 'fault by header',
    parts: 9,
    isBroken: true,
    run: (w, { headers }, nth) =>
      once(
        w.port,
        chat('openai', 'short', {
          headers: { ...headers, 'x-stuntdouble-fault': faults[nth % faults.length] },
        }),
      ),
  },
  {
    name: 'left in a stall',
    parts: 7,
    isBroken: true,
    run: (w, s, nth) =>
      once(w.port, chat('openai', 'stalls', s), { leave: 'first', by: nth % 2 ? 'rst' : 'fin' }),
  },
  {
    name: 'left hanging',
    parts: 6,
    isBroken: true,
    run: (w, s) => once(w.port, chat('anthropic', 'hangs', s), { leave: 'first' }),
  },
  {
    name: 'left before the head',
    parts: 4,
    isBroken: true,
    run: (w, s) => once(w.port, chat('openai', 'paced', s), { leave: 'asked', by: 'rst' }),
  },
  {
    name: 'left in mid-request',
    parts: 3,
    isBroken: true,
    run: (w) => {
      const half = requestOf({ path: paths.openai, headers: { 'content-length': 5000 }, body: '{' })
      return once(w.port, half, { leave: 'asked', by: 'rst' })
    },
  },
  {
    name: 'large, left unread',
    parts: 3,
    isBroken: true,
    run: (w, s) => once(w.port, chat('openai', 'large', s), { leave: 'first', by: 'rst' }),
  },
  {
    name: 'live, broken',
    parts: 2,
    isBroken: true,
    run: (w, { headers }) =>
      once(
        w.port,
        chat('openai', 'live', {
          headers: { ...headers, 'x-stuntdouble-fault': 'reset; at=frame:1' },
        }),
      ),
  },
  {
    name: 'live, left',
    parts: 1,
    isBroken: true,
    run: (w, s) => once(w.port, chat('openai', 'live', s), { leave: 'first', by: 'rst' }),
  },
  { name: 'HTTP/2', parts: 5, streams: 10, run: (w, _, nth) => http2(w.port, nth) },
  {
    name: 'ended by hand',
    parts: 1,
    isBroken: true,
    run: (w, _, nth) => steer(w.port, nth),
  },
  { name: 'control API', parts: 1, streams: 0, run: (w, _, nth) => askControl(w.port, nth) },
]

const faults = [
  'close; at=byte:200',
  'end; at=frame:3',
  'garbage; at=frame:2',
  'refuse',
  'slice; bytes=7, reset; at=frame:5',
  'duplicate; at=frame:2',
  'no-terminator',
  'throttle; bytesPerSecond=200000',
]

/** Streams of each kind in one round of all, and how many of these are broken or left. */
export const perRound = kinds.reduce((sum, { parts, streams = 1 }) => sum + parts * streams, 0)
export const brokenPerRound = kinds.reduce(
  (sum, { parts, isBroken, name }) => sum + (isBroken ? parts : name === 'HTTP/2' ? parts * 5 : 0),
  0,
)
