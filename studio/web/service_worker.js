/**
 * Serves the page where there is no network, and makes it isolated where the host sends no such headers: browsers give
 * threads to isolated pages alone. The page's files come from the network where there is one, so that an update is seen
 * at the next load; the model is kept by the page itself.
 */
const CACHE = 'osu-diffusion-page';

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** All of the page, so that it is there without a network from the first visit on. */
async function install() {
    const cache = await caches.open(CACHE);
    const files = await (await fetch('files.json')).json();
    await cache.addAll(['./', ...files]);
    await self.skipWaiting();
}

/** @param {Response} response */
function isolated(response) {
    if (response.status === 0) return response; // of another site: its headers are not ours
    const headers = new Headers(response.headers);
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    return new Response(response.body, {status: response.status, statusText: response.statusText, headers});
}

/** @param {Request} request */
async function answer(request) {
    const cache = await caches.open(CACHE);
    try {
        const response = await fetch(request);
        if (response.ok) await cache.put(request, response.clone());
        return isolated(response);
    } catch (error) {
        const kept = await cache.match(request, {ignoreSearch: true});
        if (kept) return isolated(kept);
        throw error;
    }
}

self.addEventListener('fetch', (event) => {
    const {request} = event;
    const ours = new URL(request.url).origin === self.location.origin;
    if (request.method !== 'GET' || !ours || new URL(request.url).pathname.endsWith('.safetensors')) return;
    event.respondWith(answer(request));
});
