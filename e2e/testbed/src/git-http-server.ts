import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { execa } from 'execa';

/** A git server over HTTP: git's own http-backend behind a small CGI bridge. */
export interface GitHttpServer {
  /** `http://HOST:PORT`; repositories are at `<origin>/<name>.git`, and at `<origin>/private/<name>.git` with a password. */
  readonly origin: string;
  readonly credentials: { readonly user: string; readonly password: string };
  close(): Promise<void>;
}

const credentials = { user: 'builder', password: 'correct-horse' };

/** Serves the repositories below `root` on a free port of this address. */
export async function startGitHttpServer(root: string, host: string): Promise<GitHttpServer> {
  const execPath = (await execa('git', ['--exec-path'])).stdout.trim();
  const server = createServer((request, response) => serve(`${execPath}/git-http-backend`, root, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the git server has no port');
  return { origin: `http://${host}:${address.port}`, credentials, close: () => closeServer(server) };
}

function serve(backend: string, root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const isPrivate = url.pathname.startsWith('/private/');
  if (
    isPrivate &&
    request.headers.authorization !== `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  ) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end('credentials needed\n');
    return;
  }
  const child = spawn(backend, {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: request.headers['git-protocol']?.toString() ?? '',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: isPrivate ? url.pathname.slice('/private'.length) : url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.once('error', () => response.destroy());
  request.pipe(child.stdin);
  child.stdin.once('error', () => undefined);
  passOn(child.stdout, response);
}

/** A CGI answer is header lines, an empty line and the body. */
function passOn(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    output.off('data', onData);
    const headers = head
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1];
    response.writeHead(
      Number.parseInt(status ?? '200', 10),
      Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== 'status')),
    );
    response.write(head.subarray(end + 4));
    output.pipe(response);
  };
  output.on('data', onData);
  output.once('end', () => response.end());
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>(resolve => server.close(() => resolve()));
}
