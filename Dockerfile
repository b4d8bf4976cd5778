# syntax=docker/dockerfile:1

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /bucketlake ./cmd/bucketlake
# The folder of the volume belongs to the user who runs the binary.
RUN install -d -o 65532 -g 65532 -m 0700 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /bucketlake /bucketlake
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV LAKE_URL=file:///data/lake \
    STATE_URL=sqlite:///data/state.db \
    KEYSET_FILE=/data/keyset.json \
    PII_KEY_FILE=/data/pii.key \
    OPS_ADDR=127.0.0.1:9090
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["/bucketlake", "health"]
ENTRYPOINT ["/bucketlake"]
CMD ["worker"]
