export { createDropboxStore } from './dropbox-store.ts'
export type { AccessTokenRequest, DropboxStoreOptions } from './options.ts'
export type { DropboxCredentials, DropboxSignIn, PendingSignIn, SignInOptions } from './sign-in.ts'
export { finishDropboxSignIn, startDropboxSignIn } from './sign-in.ts'
