// Builds the app and serves it on localhost; takes the next free port if the usual one is taken.
import { build, preview } from 'vite';

await build({ logLevel: 'warn' });
const server = await preview({ preview: { host: 'localhost', port: 4173, strictPort: false } });
const [address] = server.resolvedUrls?.local ?? [];
process.stdout.write(`\nTokenyard is at ${address}\nStop with Ctrl+C.\n`);
