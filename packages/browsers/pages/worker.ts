import { answer } from './requests.ts'

addEventListener('message', answer)
