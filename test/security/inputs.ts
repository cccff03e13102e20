import { gzipSync } from 'node:zlib'

// Hostile inputs, as data. To add one, add a line: every test of this folder runs over the whole list.

/** Text that breaks out of its place in a page, or runs, unless it is escaped. Instagram, visitors and programs may send it. */
export const HOSTILE_TEXTS: readonly string[] = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  '" onmouseover="alert(1)" x="',
  "' onfocus='alert(1)' autofocus='",
  '` onclick=`alert(1)',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<form action="https://evil.example/"><button>Go on</button>',
  '<a href="https://evil.example/">Log in</a>',
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</code></dd></dl><h1>Your account is locked</h1>',
  '--><script>alert(1)</script><!--',
  ']]><script>alert(1)</script>',
  '<%= process.env.PATH %>',
  '<%- include("/etc/passwd") %>',
  '${7*7} {{7*7}} #{7*7}',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  'javascript:alert(1)',
  '\u202Etxt.exe <b>',
  '__proto__',
  'constructor',
  'toString',
]

/** Addresses of pictures that Instagram never sends. Nothing of them is requested or shown. */
export const PICTURE_ADDRESSES: readonly string[] = [
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'http://127.0.0.1:5432/',
  'http://localhost/admin',
  'http://[::1]/',
  'http://169.254.169.254/latest/meta-data/',
  'https://evil.example/cdninstagram.com',
  'https://cdninstagram.com.evil.example/x.jpg',
  'https://evilcdninstagram.com/x.jpg',
  'https://cdninstagram.com@evil.example/x.jpg',
  '//evil.example/x.jpg',
  '\\\\evil.example\\x.jpg',
  'x" onerror="alert(1)',
]

/** Return addresses that lead to another site, or nowhere. `{origin}` and `{host}` are the app's own. */
export const RETURN_ADDRESSES: readonly string[] = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\n/profile',
  '/pro\0file',
  'https:/evil.example\r\n',
  // Paths of ours that would be other hosts by themselves.
  '{origin}//evil.example/',
  '/.//evil.example',
  'https://evil.example',
  'https://{host}.evil.example',
  'https://evil.example/{origin}',
  '{origin}@evil.example',
  '{origin}.evil.example/',
  'https://somebody@{host}/profile',
  'https://:secret@{host}/profile',
  'https://{host}:8443/profile',
  'ftp://{host}/profile',
  'https://[{host}]/',
  'https://',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//{origin}',
  'data:text/html,hello',
  'blob:{origin}/7f3a91',
  'about:blank',
  '/profile\r\nSet-Cookie: a=b',
  `/${'a'.repeat(1_001)}`,
]

/** Headers of a POST that none of our pages sent. An empty header is left out. */
export const FORGED_POST_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another site': { 'Sec-Fetch-Site': 'cross-site' },
  'another subdomain': { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.tokens.example' },
  'the address bar': { 'Sec-Fetch-Site': 'none' },
  'an old browser on another site': { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' },
  'a page that hides its origin': { 'Sec-Fetch-Site': '', Origin: 'null' },
  'an unknown page': { 'Sec-Fetch-Site': '' },
  'another site with our address as its referrer': { 'Sec-Fetch-Site': 'cross-site', Referer: '{origin}/' },
  'an origin that begins as ours': { 'Sec-Fetch-Site': '', Origin: '{origin}.evil.example' },
  'a malformed value': { 'Sec-Fetch-Site': 'same-origin, cross-site' },
}

/** Every page to which our own pages post, and the end of the admin's. */
export const POSTS: readonly string[] = [
  '/refresh',
  '/import',
  '/disconnect',
  '/setup',
  '/help',
  '/accounts/sign-in',
  '/accounts/sign-out',
  '/accounts/27640875392278831/refresh',
  '/accounts/27640875392278831/disconnect',
  '/nowhere',
]

/** What becomes of a good `state`, such as `time.nonce.signature`. */
export const FORGED_STATES: Readonly<Record<string, (state: string) => string>> = {
  nothing: () => '',
  'another time': (state) => state.replace(/^./, (first) => (first === 'z' ? 'y' : 'z')),
  'another nonce': (state) => state.replace(/-/, '0'),
  'no signature': (state) => state.replace(/[^.]+$/, ''),
  'a signature that is cut off': (state) => state.slice(0, -1),
  'a letter more': (state) => `${state}A`,
  'other letters for the same bytes': (state) => `${state}=`,
  'a part more': (state) => `${state}.x`,
  'a return address put in': (state) =>
    state.replace(
      /[^.]+$/,
      (signature) => `${Buffer.from('https://evil.example/').toString('base64url')}.${signature}`,
    ),
  'the state twice': (state) => `${state}${state}`,
  'a NUL': (state) => `${state}\0`,
  'the name of a member of every object': () => '__proto__',
  'a script': () => '<script>alert(1)</script>',
  'ten thousand letters': () => 'a'.repeat(10_000),
}

/** What becomes of a good `signed_request`, which is `signature.payload`. */
export const FORGED_SIGNED_REQUESTS: Readonly<Record<string, (signedRequest: string) => string>> = {
  nothing: () => '',
  'no signature': (good) => good.replace(/^[^.]*/, ''),
  'no payload': (good) => good.replace(/[^.]*$/, ''),
  'another user': (good) => good.replace(/[^.]*$/, encode({ user_id: '1', algorithm: 'HMAC-SHA256' })),
  'the algorithm none': () => `A.${encode({ user_id: '27640875392278831', algorithm: 'none' })}`,
  'a signature of zeros': (good) => good.replace(/^[^.]*/, 'A'.repeat(43)),
  'a signature that is cut off': (good) => good.replace(/.\./, '.'),
  'a part more': (good) => `${good}.x`,
  'the parts in the other order': (good) => good.split('.').toReversed().join('.'),
  'a script': () => '<script>alert(1)</script>',
  'a NUL': (good) => `${good}\0`,
  'ten thousand letters': () => 'a'.repeat(10_000),
}

/** Paths that lead out of the folder of assets and into other folders, as the request line has them. */
export const TRAVERSALS: readonly string[] = [
  '/assets/../../package.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%2f..%2fpackage.json',
  '/assets/..%5c..%5cpackage.json',
  '/assets/....//....//package.json',
  '/assets/%252e%252e%252fpackage.json',
  '/assets//etc/passwd',
  '/assets/%2fetc%2fpasswd',
  '/assets/style.css%00.png',
  '/assets/style.css/../../index.ejs',
  '/assets/../index.ejs',
  '/assets/.',
  '/assets/%c0%ae%c0%ae/package.json',
  '/..%2f..%2fetc%2fpasswd',
  '/help/..%2f..%2fpackage.json',
  '/help/%2e%2e%2findex.ejs',
  '/help/%00',
  '/help/%zz',
  '/data-deletion/..%2f..%2fpackage.json',
  '/accounts/..%2f..%2fpackage.json',
  '//evil.example/%2e%2e',
]

/** A request that costs more than it looks. */
export interface Bomb {
  path: string
  headers?: Readonly<Record<string, string>>
  /** Default: a GET without a body. */
  body?: string | Buffer
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' }
const JSON_TYPE = { 'Content-Type': 'application/json' }

/** Requests that are large, deep or many-parted. Each gets an error, at once. Programs' requests get a valid API key. */
export const BOMBS: Readonly<Record<string, Bomb>> = {
  'a form of a megabyte': { path: '/import', headers: FORM, body: `access_token=${'x'.repeat(1_000_000)}` },
  'a pasted text of a megabyte': { path: '/help', headers: FORM, body: `pasted=${'x'.repeat(1_000_000)}` },
  'a signed_request of a megabyte': {
    path: '/deauthorize',
    headers: FORM,
    body: `signed_request=${'x'.repeat(1_000_000)}`,
  },
  'a password of a megabyte': { path: '/accounts/sign-in', headers: FORM, body: `password=${'x'.repeat(1_000_000)}` },
  'a form of 5,000 fields': { path: '/deauthorize', headers: FORM, body: 'a=&'.repeat(5_000) },
  'a form with deep names': { path: '/deauthorize', headers: FORM, body: `signed_request${'[a]'.repeat(5_000)}=1` },
  'JSON of a megabyte': {
    path: '/api/accounts',
    headers: JSON_TYPE,
    body: `{"access_token":"${'x'.repeat(1_000_000)}"}`,
  },
  'JSON of 8,000 lists in each other': {
    path: '/api/accounts',
    headers: JSON_TYPE,
    body: '['.repeat(8_000) + ']'.repeat(8_000),
  },
  'JSON of 2,000 objects in each other': {
    path: '/api/accounts',
    headers: JSON_TYPE,
    body: `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  },
  'JSON that changes every object': {
    path: '/api/accounts',
    headers: JSON_TYPE,
    body: '{"__proto__":{"access_token":"x"},"constructor":{"prototype":{"access_token":"x"}}}',
  },
  'a megabyte in ten kilobytes of gzip': {
    path: '/import',
    headers: { ...FORM, 'Content-Encoding': 'gzip' },
    body: gzipSync(`access_token=${'x'.repeat(1_000_000)}`),
  },
  'a header of 20,000 letters': { path: '/', headers: { 'X-Long': 'x'.repeat(20_000) } },
  'a cookie of 20,000 letters': { path: '/', headers: { Cookie: `a=${'x'.repeat(20_000)}` } },
  'a path of 20,000 letters': { path: `/${'x'.repeat(20_000)}` },
  'a state of 10,000 letters': { path: `/response?code=a&state=${'x'.repeat(10_000)}` },
  'a query of 3,000 parameters': { path: `/response?code=a&${'state=&'.repeat(2_000)}` },
}

/** Bodies that Instagram never sends. A login that gets one ends with an error page. */
export const RESPONSE_BOMBS: Readonly<Record<string, string>> = {
  'two megabytes': `{"access_token":"${'x'.repeat(2_000_000)}"}`,
  '100,000 lists in each other': '['.repeat(100_000) + ']'.repeat(100_000),
  '50,000 objects in each other': `${'{"data":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  'a number of 100,000 digits for an id': `{"access_token":"x","user_id":${'9'.repeat(100_000)}}`,
  'an id that is no number': '{"access_token":"x","user_id":"1 OR 1=1"}',
  'the members of every object': '{"__proto__":{"access_token":"x","user_id":"1"}}',
  'a list of lists': '{"data":[[{"access_token":"x","user_id":"1"}]]}',
  'a page': '<html><script>alert(1)</script></html>',
  'bytes that are no text': '\u0000\ufffd\u0001',
}

function encode(payload: object): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64url')
}
