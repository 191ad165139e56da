/** A forward proxy: tunnels by CONNECT, and asks for whole URLs. */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'

export interface ForwardProxy {
  readonly url: string
  /** The first line and the authorization of each request that reached it. */
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[]
  close(): Promise<void>
}

/** @param refusal the status that every tunnel is refused with */
export async function forwardProxy(refusal?: string): Promise<ForwardProxy> {
  const asked: ForwardProxy['asked'] = []
  const sockets = new Set<net.Socket>()
  const note = ({ method, url, headers }: http.IncomingMessage): void => {
    asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] })
  }
  const server = http.createServer((request, response) => {
    note(request)
    const { hostname, port, pathname, search } = new URL(request.url ?? '')
    const { 'proxy-authorization': _, ...headers } = request.headers
    const path = pathname + search
    const onward = http.request(
      { hostname, port, path, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.rawHeaders)
        answer.pipe(response)
      },
    )
    request.pipe(onward)
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (request, socket) => {
    note(request)
    socket.on('error', () => {})
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${request.url}`)
    const onward = net.connect({ host: hostname, port: Number(port), noDelay: true }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
