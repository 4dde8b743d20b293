FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked

FROM debian:bookworm-slim
COPY --from=build /src/target/dist/stafett /usr/local/bin/stafett
# The folder of the SQLite file, if the service runs without PostgreSQL. Mount a volume there.
# The data keys have a folder of their own. Mount another volume there, and back it up apart from the database.
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/stafett /var/lib/stafett-keys
WORKDIR /var/lib/stafett
USER 10001:10001
ENV STAFETT_LISTEN=0.0.0.0:8080 \
    STAFETT_KEYS_FOLDER=/var/lib/stafett-keys
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["stafett", "health"]
ENTRYPOINT ["stafett"]
CMD ["serve"]
