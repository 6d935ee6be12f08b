// A static web host for tests: a folder, as `python3 -m http.server` serves it, with headers where they are asked for.
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join, normalize} from 'node:path';

const types = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
    '.json': 'application/json',
    '.webmanifest': 'application/manifest+json',
};

export const isolation = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * @param {Record<string, string>} folders by the address that they stand at, '/' among them
 * @param {Record<string, string>} [headers]
 * @returns what is served; `changed`, by the end of an address: what is sent for a file, null for half of it and silence
 */
export async function serve(folders, headers = {}) {
    /** @type {Map<string, (content: Buffer) => Buffer | string | null>} */
    const changed = new Map();
    const server = createServer((request, response) => {
        const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
        const at = Object.keys(folders)
            .filter((start) => path.startsWith(start))
            .sort((a, b) => b.length - a.length)[0];
        const name = path.endsWith('/') ? 'index.html' : path.slice(at.length);
        const file = join(folders[at], name);
        try {
            const content = readFileSync(file);
            const change = [...changed].find(([end]) => path.endsWith(end))?.[1];
            const sent = change ? change(content) : content;
            response.writeHead(200, {
                'Content-Type': types[extname(file)] ?? 'application/octet-stream',
                'Content-Length': Buffer.byteLength(sent ?? content),
                ...headers,
            });
            if (sent !== null) response.end(sent);
            else response.write(content.subarray(0, content.length / 2), () => response.destroy());
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        changed,
        url: `http://127.0.0.1:${server.address().port}/`,
        stop: () => {
            server.closeAllConnections();
            return new Promise((resolve) => server.close(resolve));
        },
    };
}
