import { crc32, deflateSync } from 'node:zlib'
import { Router } from 'express'
import { findPerson } from './guests.ts'
import type { Person, RGB } from './people.ts'

const SIZE = 160

/** Where a person's picture is. */
export function pictureUrl(origin: string, person: Person): string {
  return `${origin}/pictures/${person.key}.png`
}

/**
 * Serves everybody's picture: a head and shoulders in two flat colours.
 * The sandbox's own pages take it from `/faces`, so that a person's browser does not mix into the app's calls.
 */
export function pictureRouter(): Router {
  const router = Router()

  router.get(['/pictures/:name', '/faces/:name'], (req, res, next) => {
    const person = findPerson(/^(.+)\.png$/.exec(String(req.params['name']))?.[1])
    if (!person) {
      next()
      return
    }
    res.type('png').send(draw(person.colours, isFigure))
  })

  return router
}

/** A square PNG of 160 × 160 with a palette of two, one byte a pixel; `isInk` says which pixels have the second colour. */
export function draw(
  [background, ink]: readonly [RGB, RGB],
  isInk: (x: number, y: number) => boolean,
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIZE, 0)
  header.writeUInt32BE(SIZE, 4)
  header.writeUInt8(8, 8) // bits
  header.writeUInt8(3, 9) // palette
  const rows = Array.from({ length: SIZE }, (_, y) => [
    0, // no filter
    ...Array.from({ length: SIZE }, (_, x) => (isInk(x, y) ? 1 : 0)),
  ])
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([...background, ...ink])),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function isFigure(x: number, y: number): boolean {
  const head = Math.hypot(x - SIZE / 2, y - 62) < 30
  const shoulders = Math.hypot(x - SIZE / 2, y - 160) < 58
  return head || shoulders
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, checksum])
}
