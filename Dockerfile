# The intake server: page, intake, log, courier's commands. Not the review machine, and not the auditor.
#
#   docker build --tag firsthand .
#
# The image holds no keys, no page and no data; all three are mounted (deploy/README.md). It runs as the unprivileged user `node` and listens on a Unix
# socket, to which an onion service points. Give DATABASE_URL for a PostgreSQL of your own; without it the embedded one is used, with its data in /data.
FROM node:24-bookworm-slim

WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY tsconfig.json ./
COPY migrations migrations
COPY src src

RUN install -d -o node -g node -m 0700 /data && install -d -o node -g node -m 0755 /run/firsthand
USER node
ENV DATA_DIR=/data KEYS_DIR=/keys PAGE_DIR=/page SOCKET=/run/firsthand/http.sock
VOLUME ["/data", "/run/firsthand"]
STOPSIGNAL SIGTERM
# Bodies pass through memory that V8 does not count as its own: collecting young objects often, and in the one thread that is busy anyway, takes a quarter less processor
# time than collecting everything now and then (deploy/SIZING.md). Only a start of Node can set this.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--single-threaded-gc", "src/server/main.ts"]
CMD ["serve"]
