// Every page works without this script; it makes some things easier.

// The address bar is no place for a code. A reload then shows the account.
if (location.pathname === '/response' && document.querySelector('.account'))
  history.replaceState(null, '', location.pathname)

document.documentElement.classList.add('js')

for (const button of document.querySelectorAll('[data-copy]')) {
  const label = button.textContent
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy).textContent
    button.textContent = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not allowed',
    )
    setTimeout(() => (button.textContent = label), 2000)
  })
}

// A link to Instagram is good for ten minutes. On a page that stood open for longer it is fetched anew when it is wanted.
const LINK_LIFETIME_MS = 9 * 60 * 1000
const loadedAt = Date.now()
const getStarted = document.getElementById('get-started')
getStarted?.addEventListener('click', async (event) => {
  if (Date.now() - loadedAt < LINK_LIFETIME_MS) return
  event.preventDefault()
  const page = await fetch('/').then((response) => response.text())
  const link = new DOMParser().parseFromString(page, 'text/html').getElementById('get-started')
  location.assign(link?.href ?? '/')
})
