/**
 * Speaks to the graphics card for the program, which waits for it: see src/studio/web/graphics_card.h. Messages from the
 * engine's worker: {memory, mailbox}, the program's memory and where its mailbox lies; and to it {card}, its name, or
 * {failed}, why there is none, or none any more.
 */
import {GraphicsNetwork} from './graphics.js';

const [ASKED, WRITING, ANSWERED, FAILED] = [1, 2, 3, 4];
const STATE = 0; // of the mailbox's words
const WORDS = 8;

/** @type {WebAssembly.Memory} */
let memory;
/** @type {GPUDevice} */
let device;
/** @type {GraphicsNetwork | undefined} */
let network;

/** Copied, for a card takes none of a memory that is shared. @param {number} at @param {number} count */
const floats = (at, count) => new Float32Array(memory.buffer, at, count).slice();

/** What is asked; what shall be written into the program's memory, and where. */
async function answer([, request, first, second, third, ...addresses]) {
    if (request === 1) {
        network?.destroy();
        network = await GraphicsNetwork.make(device, {depth: first, hidden: second, heads: third});
    }
    if (request === 2)
        await network.addLayer(floats(addresses[0], first * second), floats(addresses[1], first));
    if (request !== 3) return null;
    const {depth, hidden} = network.config;
    const shape = {rows: first, tokens: second, band: third};
    const input = floats(addresses[0], first * second * hidden);
    const modulation = floats(addresses[1], first * (6 * depth + 2) * hidden);
    return {values: await network.step(shape, input, modulation), at: addresses[2]};
}

/** @param {number} mailbox */
async function serve(mailbox) {
    const words = new Int32Array(memory.buffer, mailbox, WORDS);
    for (;;) {
        for (let state; (state = Atomics.load(words, STATE)) !== ASKED; ) {
            if (state === FAILED) throw new Error('it did not answer');
            Atomics.wait(words, STATE, state);
        }
        const result = await answer(Array.from(words, (word) => word >>> 0));
        if (Atomics.compareExchange(words, STATE, ASKED, WRITING) !== ASKED) continue;
        if (result) new Float32Array(memory.buffer, result.at, result.values.length).set(result.values);
        Atomics.store(words, STATE, ANSWERED);
        Atomics.notify(words, STATE);
    }
}

addEventListener('message', async ({data}) => {
    memory = data.memory;
    try {
        const card = await GraphicsNetwork.card();
        if (!card) throw new Error('this browser gives none');
        device = card.device;
        postMessage({card: card.name});
        await serve(data.mailbox);
    } catch (error) {
        const words = new Int32Array(memory.buffer, data.mailbox, WORDS);
        Atomics.store(words, STATE, FAILED);
        Atomics.notify(words, STATE);
        postMessage({failed: error instanceof Error ? error.message : String(error)});
    }
});
