// A KV namespace for tests: workerd speaks this HTTP to whatever service stands behind a binding. As the real one, it takes
// no expiration under a minute. GET /-/put shows the options of the newest write.
const records = new Map();
let newest = "";

export default {
  async fetch(request) {
    const url = new URL(request.url), key = decodeURIComponent(url.pathname.slice(1));
    if (key === "-/put") return new Response(newest);
    switch (request.method) {
      case "GET": return records.has(key) ? new Response(records.get(key)) : new Response("not found", { status: 404 });
      case "PUT": {
        const ttl = url.searchParams.get("expiration_ttl");
        if (ttl !== null && Number(ttl) < 60) return new Response("Invalid expiration_ttl", { status: 400 });
        newest = JSON.stringify({ key, ttl });
        records.set(key, await request.text());
        return new Response(null, { status: 200 });
      }
    }
    return new Response("?", { status: 405 });
  },
};
