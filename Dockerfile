FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
COPY --from=build /src/target/release/stafett /usr/local/bin/stafett
COPY data /usr/share/stafett/data
# A place for a SQLite file, for those who run without PostgreSQL; mount a volume there.
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/stafett
WORKDIR /var/lib/stafett
USER 10001:10001
ENV STAFETT_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["stafett", "health"]
ENTRYPOINT ["stafett"]
CMD ["serve"]
