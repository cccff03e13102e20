# syntax=docker/dockerfile:1

FROM node:26-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/accounts.db
WORKDIR /app
COPY --from=libraries /app/node_modules ./node_modules
COPY package.json ./
COPY views ./views
COPY src ./src
RUN install --directory --owner=node --group=node --mode=0700 /data node_modules/.cache
USER node
VOLUME /data
EXPOSE 3000
# /healthz, not /readyz: a restart does not make a database available.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node, not npm, so that Node gets the signal to stop.
CMD ["node", "src/start.js"]
