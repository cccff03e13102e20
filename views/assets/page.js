// Every page works without this script; it makes some things easier.

// The address bar is no place for a code. A reload then shows the account.
if (location.search && document.querySelector('.account')) history.replaceState(null, '', location.pathname)

document.documentElement.classList.add('js')

const status = document.getElementById('copied')
for (const button of document.querySelectorAll('[data-copy]')) {
  const label = button.innerHTML
  button.addEventListener('click', async () => {
    const copied = await copy(document.getElementById(button.dataset.copy).textContent)
    status.textContent = button.textContent = copied ? 'Copied' : 'Not allowed'
    setTimeout(() => (button.innerHTML = label), 2000)
  })
}

/** Whether it worked: a browser may forbid it, and has no clipboard at all on plain http. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

// A link to Instagram is good for ten minutes. On a page that stood open for longer it is fetched anew when it is wanted.
const LINK_LIFETIME_MS = 9 * 60 * 1000
const loadedAt = Date.now()
for (const link of document.querySelectorAll('a[data-login]'))
  link.addEventListener('click', async (event) => {
    if (Date.now() - loadedAt < LINK_LIFETIME_MS) return
    event.preventDefault()
    location.assign((await freshLink()) ?? '/')
  })

async function freshLink() {
  try {
    const page = await fetch(location.pathname).then((response) => response.text())
    return new DOMParser().parseFromString(page, 'text/html').querySelector('a[data-login]')?.href
  } catch {
    return undefined
  }
}
