// The platform's rate limiting binding for tests: so many for each key, for ever.
import { WorkerEntrypoint } from "cloudflare:workers";
const counts = new Map();

export default class extends WorkerEntrypoint {
  async limit({ key }) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: counts.get(key) <= Number(this.env.LIMIT) };
  }
}
