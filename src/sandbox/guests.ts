import { PEOPLE, type Person } from './people.ts'

/**
 * Whom the authorize page's form names: one of {@link PEOPLE}, or a guest. `guest-1`, `guest-2`, … up to seven digits are
 * business accounts of their own, so that as many can log in as are wanted; the page does not list them.
 */
export function findPerson(key: string | undefined): Person | undefined {
  const [, number] = /^guest-([1-9]\d{0,6})$/.exec(key ?? '') ?? []
  return number === undefined ? PEOPLE.find((person) => person.key === key) : guest(number)
}

function guest(number: string): Person {
  const digits = number.padStart(7, '0')
  return {
    key: `guest-${number}`,
    username: `guest.${number}`,
    name: `Guest ${number}`,
    about: 'Business account, one of many',
    colours: [
      [222, 226, 230],
      [73, 80, 87],
    ],
    profile: {
      id: `276408753${digits}1`,
      userId: `178414038${digits}3`,
      classicId: `9${digits}`,
      accountType: 'BUSINESS',
      biography: '',
      website: 'https://guest.example/',
      followers: 101,
      follows: 11,
      media: 1,
    },
  }
}
