// A static server for .dev/ while working on the page: `npm run dev && npm run serve`, then /?engine=mock.
import { createServer } from "node:http";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), process.env.DIST ?? ".dev");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".yaml": "text/plain; charset=utf-8", ".gz": "application/gzip" };
const headers = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../web/headers/headers.json"), "utf8"));
const policy = Object.entries(headers["Content-Security-Policy"]).map(([name, sources]) => `${name} ${sources}`).join("; ");
const server = createServer((req, res) => {
  const path = normalize(decodeURIComponent(new URL(req.url, "http://x").pathname));
  let file = join(dist, path);
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
  if (!file.startsWith(dist) || !existsSync(file)) return res.writeHead(404).end("not found");
  res.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "content-security-policy": policy, "content-length": statSync(file).size });
  createReadStream(file).pipe(res);
});
export const listening = new Promise((resolve) => {
  server.listen(Number(process.env.PORT ?? 8765), "127.0.0.1", () => {
    const url = `http://127.0.0.1:${server.address().port}/?engine=mock`;
    console.log(url);
    resolve({ url, close: () => server.close() });
  });
});
