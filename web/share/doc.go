// Package share is what a host with a program of its own serves beside the page's files: short links, oEmbed and the index
// of lessons. The native server and the Worker run the same handler; they differ in where links lie (Store), in who counts
// requests (Limiter) and in where the page's files are.
//
//	GET  api/links        what this host takes: {"max": bytes, "days": n}; 404 where there are no short links
//	POST api/links        text/plain, the text of a share link's fragment → 201 or 200 {"id", "path", "expires"}
//	GET  api/links/ID     that text
//	GET  s/ID             302 to the page, which fetches the text
//	GET  oembed?url=…     how to embed a page of this host (https://oembed.com)
//	GET  api/lessons      lessons/index.json of the page's build
//
// An id is the beginning of the text's hash: the same session has the same link, a link cannot be guessed and what it leads
// to cannot be exchanged, which a reader checks. A text is opaque here; the page, which trusts it no more than any link,
// unpacks it. What is kept of a link is the text and the day it ends: nothing of who made it. Addresses are counted, to
// limit how often somebody may make links, and not kept.
//
// Reading is open to scripts of all origins: the texts are public to whoever has the id, no request carries a credential,
// and embedded pages of other hosts may open them. Making links is not: a page of another origin would spend its visitors'
// allowance (net/http's CrossOriginProtection). Programs without a browser may do both.
//
// s/ID leads to the page by a redirect to ../#link=ID and not to #s=TEXT: 64 KiB would not fit the headers of many proxies,
// and the page that is opened is the one that the service worker keeps. The path is relative, so that a proxy may serve all
// this below any path.
package share
