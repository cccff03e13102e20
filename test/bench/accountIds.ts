// Far from those that the stub gives to people who log in.
const FIRST = 37640875392278831n

/** The app-scoped id of a filled account. */
export const accountId = (account: number) => String(FIRST + 2n * BigInt(account))

/** Its professional id. */
export const professionalId = (account: number) => String(FIRST + 10n ** 15n + 2n * BigInt(account))
