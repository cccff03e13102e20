# syntax=docker/dockerfile:1

FROM node:26-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/accounts.db
WORKDIR /app
COPY --from=libraries /app/node_modules ./node_modules
COPY package.json ./
COPY views ./views
COPY src ./src
# Writable for any user in group 0, as OpenShift requires.
RUN install --directory --owner=node --group=0 --mode=2770 /data node_modules/.cache
USER node
EXPOSE 3000
# /healthz, not /readyz: a restart does not make a database available. Our own certificate is not checked.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["node", "-e", "\
  const { HOST: host, PORT: port, HTTPS = '' } = process.env; \
  const { get } = require(/^\\s*(off\\s*)?$/i.test(HTTPS) ? 'http' : 'https'); \
  get({ host, port, path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)) \
    .on('error', () => process.exit(1))"]
# Node, not npm, so that Node gets the signal to stop.
CMD ["node", "src/start.js"]
