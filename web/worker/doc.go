// Command worker is the host on Cloudflare's network: the platform serves the page's files (wrangler.toml), and this
// program what web/share serves beside them, the same handler as the native server's. It needs of its environment:
//
//	LINKS          a KV namespace, for short links; without it there are none
//	LINKS_LIMIT    a rate limiting binding, which counts a client's links and forgets them
//	LINKS_DAYS     how long a short link lives, "90" if it is not said; "0": for ever
//	ORIGIN         where people find the page, if that is not where requests come to
//	ASSETS         the page's files
//
// Every request has an instance of this program of its own (github.com/syumai/workers): no memory outlives it, so counting
// is the platform's. It is why main.mjs looks at a path before it starts one.
//
// `make worker` builds it into build/; `npm ci && node --test` here, or `make test-worker`, runs it in workerd.
package main
