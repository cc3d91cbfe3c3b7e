# Sallyport in a container:
#
#   docker build --tag sallyport .
#   docker run --init --publish 80:80 --publish 443:443 \
#     --volume "$PWD/sallyport.yaml:/etc/sallyport/sallyport.yaml:ro" --volume sallyport:/var/lib/sallyport sallyport
#
# The state must outlive the container: certificates, the in-house CA, accounts.

FROM node:26.10.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY src src
COPY scripts scripts
RUN npm run build:binary && mv build/sallyport-linux-* /sallyport

FROM debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates libatomic1 libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10443 sallyport \
  && useradd --system --uid 10443 --gid sallyport --home-dir /var/lib/sallyport --shell /usr/sbin/nologin sallyport \
  && install --directory --owner=sallyport --group=sallyport --mode=0700 /var/lib/sallyport \
  && install --directory --owner=root --group=sallyport --mode=0750 /etc/sallyport
COPY --from=build /sallyport /usr/local/bin/sallyport
# Where state is kept that is not configured.
ENV XDG_STATE_HOME=/var/lib
VOLUME /var/lib/sallyport
# By number, so that a cluster can see that it is not root. Docker lets every user of a container bind low ports.
USER 10443:10443
EXPOSE 80 443
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["sallyport", "status", "-c", "/etc/sallyport/sallyport.yaml"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sallyport"]
CMD ["run", "-c", "/etc/sallyport/sallyport.yaml"]
