// Where the platform comes in: hands requests to the Go program (build/worker.mjs, from github.com/syumai/workers).
import program from "./build/worker.mjs";

// As share.Owns in Go, which a test compares: to start a program for each scan of a crawler would be waste.
const owned = /^\/(oembed$|s\/|api$|api\/)/;

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (!owned.test(pathname)) return new Response("404 page not found\n", { status: 404, headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" } });
    // Go refuses addresses that JavaScript takes, before the handler sees them.
    if (/%(?![0-9a-f]{2})/i.test(pathname)) return new Response("400 Bad Request\n", { status: 400, headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" } });
    return program.fetch(request, env, ctx);
  },
};
