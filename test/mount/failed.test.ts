import { describe, expect, test } from 'vitest'
import type { InstagramOptions } from '../../src/index.ts'
import { person } from '../support/person.ts'
import { logIn, startSite } from './support.ts'

type OnFailure = NonNullable<InstagramOptions['onFailure']>

const DECLINE = { cancel: true }

describe('after a login that failed', () => {
  test('the host is told what that means, and may say what comes', async () => {
    const onFailure: OnFailure = ({ name, title }, request, response) => {
      response.json({ name, title, path: request.path })
    }
    await using site = await startSite({ options: { onFailure } })

    const answer = await logIn(person(site), { decision: DECLINE })

    expect(answer.status).toBe(403)
    expect(answer.body).toStrictEqual({ name: 'declined', title: 'You said no', path: '/response' })
    expect(site.log.at(-1)).toMatchObject({ level: 'info', details: { outcome: 'declined' } })
  })

  test.each<[string, OnFailure, boolean]>([
    ['does not answer', () => undefined, false],
    [
      'throws',
      () => {
        throw new Error('The host broke')
      },
      true,
    ],
    ['rejects', () => Promise.reject(new Error('The host broke')), true],
    [
      'sets a status and leaves it there',
      (_failure, _request, response) => {
        response.status(200)
      },
      false,
    ],
  ])('where the host %s, our page is shown', async (_, onFailure, isLogged) => {
    await using site = await startSite({ options: { onFailure } })

    const page = await logIn(person(site), { decision: DECLINE })

    expect(page.status).toBe(403)
    expect(page.text).toContain('You said no')
    expect(site.log.some(({ message }) => message === 'onFailure failed')).toBe(isLogged)
  })

  test('the host is not told of what was no login', async () => {
    const told: string[] = []
    const onFailure: OnFailure = ({ name }) => told.push(name)
    await using site = await startSite({ options: { onFailure } })
    const somebody = person(site)

    await somebody.get('/instagram/data-deletion/none')
    await somebody.get('/instagram/response')
    await somebody.get('/instagram/login?return_to=//evil.example')
    await somebody.get('/instagram/response?code=a&state=b')

    expect(told).toStrictEqual(['state_foreign'])
  })
})
