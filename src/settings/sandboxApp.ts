/** The app that the sandbox knows, where nobody names another. */
export const SANDBOX_APP = {
  clientId: '990602627938098',
  clientSecret: 'the-sandbox-has-no-secrets',
}
