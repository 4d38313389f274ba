# The server: REST API and the operator's commands. No build step, Node runs the TypeScript as it is.
#   docker build --tag gatehouse-backend .
# A private registry: --secret id=npmrc,src=$HOME/.npmrc, and its own authority: --secret id=ca,src=ca.pem
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script runs: bcrypt and better-sqlite3 come with their binaries, so no compiler is needed either.
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca,target=/run/ca.pem \
    if [ -s /run/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/ca.pem; fi; \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Sources of the native modules, and their binaries for other systems, are most of the weight.
RUN keep="linux-$(node -p process.arch)" \
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
 && find node_modules/better-sqlite3/prebuilds node_modules/bcrypt/prebuilds -mindepth 1 -maxdepth 1 ! -name "$keep*" -exec rm -rf {} + \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM ${NODE_IMAGE}
# Nothing is installed here, so nothing that installs stays here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
 && install -d -o 1000 -g 1000 /data /secrets/app /secrets/redis
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY docker/health-check.js docker/make-secrets.js docker/
COPY --chmod=755 docker/gatehouse /usr/local/bin/gatehouse
COPY src src
# How people are told to call the command; also where no server runs, because it cannot.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data \
    GATEHOUSE_CLI="docker compose run --rm --no-deps backend gatehouse"
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
# Whether the process lives. Compose asks /readyz instead: whether it can serve.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "docker/health-check.js", "/livez"]
CMD ["node", "src/launch.js"]
# Last, since they change with each release.
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="Gatehouse server" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
