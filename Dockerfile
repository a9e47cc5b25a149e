# Builds laurel with the Swift toolchain and ships it without: docker build -t laurel .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libpq-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Package.swift ./
COPY Sources ./Sources
COPY Tests ./Tests
# Compiled into the binary.
COPY sql ./sql
COPY demo ./demo
COPY web ./web
RUN swift build --configuration release --product laurel --static-swift-stdlib

FROM debian:bookworm-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl libpq5 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin laurel
COPY --from=build /build/.build/release/laurel /usr/local/bin/laurel
USER laurel
EXPOSE 8080
# Ready means: the process, the database and its schema.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/readyz"]
# There is no PostgreSQL in this image: set DATABASE_URL, and for `laurel migrate` LAUREL_OWNER_URL, as docker-compose.yml does.
ENTRYPOINT ["laurel"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
