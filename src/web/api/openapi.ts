import { PAGE_SIZE } from './accounts.ts'
import type { Answer, Content, OpenApi, Parameter } from './document.ts'
import { schemas } from './schemas.ts'

/** The API described, for programs and for generators of clients. `url`: where it is. */
export function openApi(url: string): OpenApi {
  return { ...DESCRIPTION, servers: [{ url }] }
}

const ID: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The app-scoped or the professional id.',
  schema: { type: 'string' },
}

const ACCOUNT = json('Account')

/** What any operation that needs a key can answer. */
const ANY = {
  401: problem('No API key, or none of ours.', 'Problem', 'WWW-Authenticate'),
  503: problem(
    'The database is away for now, or Instagram is asking this site to slow down.',
    'Problem',
    'Retry-After',
  ),
  default: problem(
    'Any other problem, such as too many requests (429), with Retry-After, or one of ours (500).',
  ),
}

const DESCRIPTION: Omit<OpenApi, 'servers'> = {
  openapi: '3.1.0',
  info: {
    title: 'Instagram access tokens',
    version: '1.0.0',
    description:
      'The Instagram accounts that people have connected, and for each a token that is valid now. Ids are strings. Whatever is no success is a problem as in RFC 9457.',
  },
  security: [{ key: [] }],
  paths: {
    '/openapi.json': {
      get: {
        operationId: 'describe',
        summary: 'This description',
        security: [],
        responses: { 200: { description: 'OpenAPI 3.1.', content: json('OpenApi') } },
      },
    },
    '/accounts': {
      get: {
        operationId: 'listAccounts',
        summary: 'The connected accounts, in the order of their ids',
        parameters: [
          {
            name: 'limit',
            in: 'query',
            description: 'Accounts on a page.',
            schema: { type: 'integer', minimum: 1, maximum: PAGE_SIZE.most, default: PAGE_SIZE.default },
          },
          {
            name: 'after',
            in: 'query',
            description: 'Those after this id. “next” of the page before has it.',
            schema: { type: 'string', pattern: '^\\d+$' },
          },
        ],
        responses: {
          200: { description: 'One page.', content: json('Accounts') },
          400: problem('A parameter is malformed.'),
          ...ANY,
        },
      },
      post: {
        operationId: 'addAccount',
        summary: 'Keep a token that was got elsewhere, such as in Meta’s dashboard',
        description:
          'A short-lived token is exchanged, a long-lived one refreshed if it is a day old. An account that is known gets the new token.',
        requestBody: { required: true, content: json('Import') },
        responses: {
          201: { description: 'The account.', headers: header('Location'), content: ACCOUNT },
          400: problem('The body is no JSON object with “access_token”.'),
          413: problem('The body is larger than 16 kB.'),
          415: problem('The body is not JSON.'),
          422: problem('No Instagram token, or one that Instagram does not accept.'),
          502: problem('Instagram is out of order, or refused this site.'),
          504: problem('Instagram did not answer in time.'),
          ...ANY,
        },
      },
    },
    '/accounts/{id}': {
      parameters: [ID],
      get: {
        operationId: 'showAccount',
        summary: 'One account',
        responses: {
          200: { description: 'The account.', content: ACCOUNT },
          404: problem('No connected account has this id.'),
          ...ANY,
        },
      },
      delete: {
        operationId: 'removeAccount',
        summary: 'Forget an account and its token',
        responses: {
          204: { description: 'It is forgotten.' },
          404: problem('No connected account has this id.'),
          ...ANY,
        },
      },
    },
    '/accounts/{id}/token': {
      parameters: [ID],
      get: {
        operationId: 'getToken',
        summary: 'A token that is valid now',
        description: 'Refreshed first if that is due. As text/plain it is the token and nothing else.',
        responses: {
          200: {
            description: 'The token.',
            headers: header('Vary'),
            content: { ...json('Token'), 'text/plain': { schema: { type: 'string' } } },
          },
          404: problem('No connected account has this id.'),
          406: problem('Neither application/json nor text/plain is accepted.'),
          409: problem('There is no valid token until the account is connected again.', 'NoValidToken'),
          ...ANY,
        },
      },
    },
  },
  components: {
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer', description: 'One of this site’s API keys.' },
    },
    schemas,
  },
}

function json(name: keyof typeof schemas): Content {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
}

function problem(description: string, name: keyof typeof schemas = 'Problem', headerName?: string): Answer {
  return {
    description,
    ...(headerName !== undefined && { headers: header(headerName) }),
    content: { 'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } } },
  }
}

function header(name: string): NonNullable<Answer['headers']> {
  return { [name]: { schema: { type: 'string' } } }
}
