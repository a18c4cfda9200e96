export { orAborted } from '../abort.ts'
export { abortedError, throwIfAborted } from '../errors.ts'
export { booleanOption, checkOptions, integerOption } from '../options.ts'
export { SharedWork } from '../shared-work.ts'
export { assertBlobData, assertBlobKey, assertBlobPrefix, isBlobKey } from '../store/contract.ts'
export { decorate } from '../store/decorators/decorate.ts'
export { Lifetime } from '../store/lifetime.ts'
export { beforeSending, conflictError, givenUpError } from '../store/outcomes.ts'
export { isOpaqueTag, opaqueTagOf, quotedTag } from './etag.ts'
export {
  exchange,
  type Fetch,
  type HttpAnswer,
  type HttpRequest,
  isHtml,
  PRIVATE,
  reasonOf,
  retryAfterMs,
} from './http.ts'
export { isVaultError } from './vault-error.ts'
