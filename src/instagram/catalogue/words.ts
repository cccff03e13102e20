// What many entries say, and the names of places in Meta's dashboard.

export const LOGIN_SETUP = 'Instagram → API setup with Instagram login'

export const AGAIN = 'Go back and choose Get Started to try again.'
export const NEW_TOKEN = 'Go back and choose Get Started to get a new one.'
export const LATER = 'Your account is fine. Try again in a few minutes.'
export const TELL_OPERATOR =
  'You did nothing wrong, and trying again will not help. Tell whoever runs this site.'

export const CONNECT_AGAIN = 'The person connects the account again: no other way brings a new token.'
export const OPEN_SETTINGS = `In Meta’s dashboard open ${LOGIN_SETUP} → 3. Set up Instagram business login → Business login settings.`
export const RESTART = 'Start this app again, so that it reads the new value: a container keeps its old one.'
