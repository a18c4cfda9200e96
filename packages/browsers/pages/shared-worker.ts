import { answer } from './requests.ts'

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  if (port !== undefined) port.onmessage = answer
})
