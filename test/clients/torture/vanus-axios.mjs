/**
 * The Node example of Vanus' document: axios, each chunk of the connection cut into lines by itself,
 * what is read printed as it is, and what fails printed, too.
 */
import { randomUUID } from 'node:crypto'
import axios from 'axios'

await axios({
  method: 'post',
  url: `${process.env.STUNTDOUBLE_URL}/api/v1/demo`,
  data: { prompt: 'hello', stream: true },
  headers: {
    'Content-Type': 'application/json',
    'x-vanusai-model': 'gpt-3.5-turbo',
    'x-vanusai-sessionid': randomUUID(),
    Accept: 'text/event-stream',
  },
  responseType: 'stream',
})
  .then(({ data }) => {
    data.on('data', (chunk) => {
      for (const line of chunk.toString().split('\n')) {
        if (line.startsWith('data: ')) console.log(JSON.parse(line.replace('data: ', '')))
      }
    })
  })
  .catch((error) => {
    console.log(error.message)
  })
