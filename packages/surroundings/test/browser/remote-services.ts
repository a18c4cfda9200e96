import type { Page } from '@playwright/test'

const DROPBOX = {
  entries: [
    {
      '.tag': 'file',
      name: 'vault',
      path_lower: '/vault',
      path_display: '/vault',
      id: 'id:vault',
      rev: '0123456789abcdef',
      size: 3,
    },
  ],
  cursor: 'cursor',
  has_more: false,
}

const FOLDER = {
  '@context': 'http://remotestorage.io/spec/folder-description',
  items: { vault: { ETag: '1', 'Content-Type': 'application/octet-stream', 'Content-Length': 3 } },
}

const S3 =
  '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>false</IsTruncated>' +
  '<Contents><Key>vault</Key><ETag>&quot;1&quot;</ETag><Size>3</Size></Contents></ListBucketResult>'

function webfinger(origin: string): unknown {
  const link = {
    rel: 'http://tools.ietf.org/id/draft-dejong-remotestorage',
    href: `${origin}/storage`,
    properties: { 'http://remotestorage.io/spec/version': 'draft-dejong-remotestorage-22' },
  }
  return { subject: 'acct:ada', links: [link] }
}

/** Has the page's own site be every service, each with one file `vault`; resolves when the page's requests get there. */
export async function beRemoteServices(page: Page, origin: string): Promise<void> {
  await page.route(`${origin}/2/files/list_folder`, (route) => route.fulfill({ json: DROPBOX }))
  await page.route(`${origin}/.well-known/webfinger?*`, (route) =>
    route.fulfill({ contentType: 'application/jrd+json', json: webfinger(origin) }),
  )
  await page.route(`${origin}/storage/**`, (route) => route.fulfill({ headers: { ETag: '"1"' }, json: FOLDER }))
  await page.route(`${origin}/bucket/**`, (route) => route.fulfill({ contentType: 'application/xml', body: S3 }))
}
