// Every page works without this script; it makes some things easier.

// Wherever the app is mounted, it lies beside the assets.
const HOME = new URL('../', document.currentScript.src)

// The address bar is no place for a code or a state, unless the callback was not used yet: then it can be sent again, by a reload or in the right browser.
// A reload of any other error shows its help page.
const NOT_USED = ['database_unavailable', 'too_many_requests', 'other_browser']
const ending = document.querySelector('.account, [data-error]')
if (/[?&](code|state|error)=/.test(location.search) && ending && !NOT_USED.includes(ending.dataset.error))
  history.replaceState(null, '', ending.dataset.error ? `${HOME}help/${ending.dataset.error}` : location.pathname)

document.documentElement.classList.add('js')

const COPY_BY_HAND = /Mac|iPhone|iPad/.test(navigator.platform) ? 'Press ⌘C' : 'Press Ctrl+C'

// Listened for on the whole page: parts of it may be replaced.
document.addEventListener('click', async ({ target }) => {
  const button = target.closest?.('[data-copy]')
  if (!button || button.dataset.label) return
  button.dataset.label = button.innerHTML
  const copied = await copy(document.getElementById(button.dataset.copy))
  document.getElementById('copied').textContent = button.textContent = copied ? 'Copied' : COPY_BY_HAND
  setTimeout(() => {
    button.innerHTML = button.dataset.label
    delete button.dataset.label
  }, 2000)
})

/** Whether it worked: a browser may forbid it, and has no clipboard at all on plain http. Then the text is selected. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent)
    return true
  } catch {
    const details = element.closest('details:not(.step)')
    if (details) details.open = true
    document.getSelection().selectAllChildren(element)
    return false
  }
}

localizeTimes(document)

/** Shows times in the browser's time zone, with UTC in the title. */
function localizeTimes(root) {
  for (const time of root.querySelectorAll('time')) {
    const [date, utc] = time.dateTime.split(/[T.]/)
    const hasTime = time.textContent.endsWith('UTC')
    time.title = `${date} ${utc.slice(0, 5)} UTC`
    const at = new Date(time.dateTime)
    const parts = [at.toLocaleDateString('en-GB', { dateStyle: 'long' })]
    if (hasTime)
      parts.push(at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }))
    time.textContent = parts.join(', ')
  }
}

// Phones may open a link to Instagram in Instagram's app, which cannot show the page. They go to our /login instead, which redirects.
const { platform } = navigator.userAgentData ?? {}
const isPhone =
  ['Android', 'iOS'].includes(platform) ||
  /Android|iPhone|iPad|iPod/.test(navigator.userAgent) ||
  // An iPad calls itself a Mac.
  (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)

// A link to Instagram is good for ten minutes. On a page that stood open for longer it is fetched anew when it is wanted.
const LINK_LIFETIME_MS = 9 * 60 * 1000
const loadedAt = Date.now()
for (const link of document.querySelectorAll('a[data-login]'))
  link.addEventListener('click', async (event) => {
    if (!isPhone && Date.now() - loadedAt < LINK_LIFETIME_MS) return
    event.preventDefault()
    location.assign(isPhone ? link.dataset.login : ((await freshLink()) ?? HOME))
  })

async function freshLink() {
  try {
    const page = await fetch(location.pathname).then((response) => response.text())
    return new DOMParser().parseFromString(page, 'text/html').querySelector('a[data-login]')?.href
  } catch {
    return undefined
  }
}

// What goes on without us is fetched again while somebody looks at it.
const RENEWED_EVERY_MS = 3000
if (document.querySelector('[data-live]')) setTimeout(renew, RENEWED_EVERY_MS)

async function renew() {
  if (document.visibilityState === 'visible') {
    const fresh = await freshPage()
    document.getElementById('stale').hidden = fresh !== undefined
    if (fresh && !fresh.querySelector('[data-live]')) return location.reload() // Signed out.
    if (fresh) for (const part of document.querySelectorAll('[data-live]')) replace(part, fresh)
  }
  setTimeout(renew, RENEWED_EVERY_MS)
}

async function freshPage() {
  try {
    const response = await fetch(location.href)
    if (!response.ok) return undefined
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    localizeTimes(page)
    return page
  } catch {
    return undefined
  }
}

/** Leaves alone what has not changed, what is being pressed, and where the keyboard is. */
function replace(part, fresh) {
  const next = fresh.getElementById(part.id)
  if (part.isEqualNode(next) || part.querySelector(':active, [data-label], .menu[open]')) return
  const focused = part.contains(document.activeElement) ? document.activeElement : undefined
  const place = focused?.id || focused?.getAttribute('href')
  part.replaceChildren(...next.childNodes)
  const same = [...part.querySelectorAll('a, button, summary')].find(
    (one) => place && (one.id === place || one.getAttribute('href') === place),
  )
  same?.focus({ preventScroll: true })
}

// An open menu closes on Escape, and when something else is clicked or focused.
for (const type of ['click', 'focusin', 'keydown'])
  document.addEventListener(type, ({ target, key }) => {
    const menu = document.querySelector('.menu[open]')
    if (!menu || (key !== 'Escape' && (type === 'keydown' || menu.contains(target)))) return
    menu.open = false
    if (key === 'Escape') menu.querySelector('summary').focus()
  })

// A form whose answer takes a while says so. The page may come back from the browser's history as it was left.
for (const form of document.querySelectorAll('form[data-busy]')) {
  const button = form.querySelector('button')
  const { textContent: label } = button
  const show = (isBusy) => {
    button.disabled = isBusy
    document.getElementById('copied').textContent = isBusy ? form.dataset.busy : ''
    button.textContent = isBusy ? form.dataset.busy : label
  }
  form.addEventListener('submit', () => show(true))
  globalThis.addEventListener('pageshow', () => show(false))
}

// Filters a list as somebody types. Without this script there is the whole list.
const filter = document.querySelector('[data-filter]')
if (filter) {
  filter.addEventListener('input', showMatches)
  globalThis.addEventListener('pageshow', showMatches) // The browser may have kept the text.
}

function showMatches() {
  const words = filter.value.toLowerCase().split(/\s+/)
  const list = document.getElementById(filter.dataset.filter)
  for (const item of list.querySelectorAll('li')) {
    const text = `${item.textContent} ${item.dataset.words}`.toLowerCase()
    item.hidden = !words.every((word) => text.includes(word))
  }
  for (const group of list.children) group.hidden = !group.querySelector('li:not([hidden])')
  const count = list.querySelectorAll('li:not([hidden])').length
  const found = count === 0 ? 'No problem matches. Paste the message above.' : `${count} found`
  document.getElementById('matches').textContent = filter.value.trim() && found
}
