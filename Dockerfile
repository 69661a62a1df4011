# The broker, and the demo service provider, in one small image.
#
#   docker build -t mock-eherkenning .
#   docker run --rm -p 127.0.0.1:8080:8080 mock-eherkenning
#
# Runs as nobody in particular, needs no file system that it can write to, and is asked for its health without a shell.
# Every instruction is also carried out without an engine by tools/container.py, which is how it is tested.

FROM debian:trixie-slim AS build
RUN ["apt-get", "update"]
RUN ["apt-get", "install", "--yes", "--no-install-recommends", "python3", "python3-venv"]
RUN ["python3", "-m", "venv", "/opt/mock-eherkenning"]
WORKDIR /src
# What is installed changes seldom, what we write does often: packages of others make a layer of their own.
COPY setup.cfg pyproject.toml README.md LICENSE.txt ./
COPY tools/requirements.py tools/requirements.py
RUN ["sh", "-c", "python3 tools/requirements.py setup.cfg | /opt/mock-eherkenning/bin/pip install --no-cache-dir --no-compile --requirement /dev/stdin"]
COPY broker broker
COPY suppliers suppliers
COPY helpdeskpo helpdeskpo
COPY client client
RUN ["/opt/mock-eherkenning/bin/pip", "install", "--no-cache-dir", "--no-compile", "--no-deps", ".", "./client"]
# Whoever runs it cannot write here: without this every start compiles everything again.
RUN ["/opt/mock-eherkenning/bin/python3", "-m", "compileall", "-q", "-j", "0", "/opt/mock-eherkenning/lib"]

FROM debian:trixie-slim
RUN ["sh", "-c", "apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*"]
# The bytecode of Python's own library is made when it is installed; ours comes with the copy.
COPY --from=build /opt/mock-eherkenning /opt/mock-eherkenning
RUN ["install", "--directory", "--owner", "10001", "--group", "10001", "--mode", "0700", "/home/eherkenning"]
ENV PATH=/opt/mock-eherkenning/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOCK_EHERKENNING_HOME=/home/eherkenning \
    MOCK_EHERKENNING_HOST=0.0.0.0 \
    MOCK_EHERKENNING_PORT=8080 \
    MOCK_EHERKENNING_BASE_URL=http://127.0.0.1:8080
USER 10001:10001
WORKDIR /home/eherkenning
# The only folder that is written to: settings to mount, keys and logins to keep.
VOLUME ["/home/eherkenning"]
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --start-interval=1s --retries=3 \
    CMD ["mock-eherkenning-healthy"]
ENTRYPOINT ["mock-eherkenning"]
CMD ["serve"]
