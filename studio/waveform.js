/**
 * How loud the song is from moment to moment, for the timeline to draw: decoded by the browser at a low rate, and
 * measured a few ms at a time when the page has nothing else to do. Emits "change" once it is there; a song that cannot
 * be decoded has none.
 */

/** Samples a second that a song is decoded to: enough for what is drawn, and a sixth of the memory. */
const RATE = 8000;
/** ms of the song that one peak of the finest level is of. */
const STEP = 5;
/** Levels of peaks, each of twice as much of the song as the one before. */
const LEVELS = 6;
/** A longer song is not worth its memory, ms. */
const LONGEST = 40 * 60 * 1000;
/** What is done at a time, ms. */
const SLICE = 4;

/**
 * @param {ArrayBuffer} bytes of an audio file
 * @param {() => Promise<void>} pause waited for between slices of work
 * @returns {Promise<Float32Array>} the peak of every STEP ms, 0..1
 */
export async function peaksOf(bytes, pause) {
    const song = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
    const {length, numberOfChannels} = song;
    const channels = Array.from({length: numberOfChannels}, (_, channel) => song.getChannelData(channel));
    const size = (RATE * STEP) / 1000;
    const peaks = new Float32Array(Math.ceil(length / size));
    let until = performance.now() + SLICE;
    for (let at = 0; at < peaks.length; at++) {
        let peak = 0;
        for (const samples of channels)
            for (let i = at * size, end = Math.min(length, i + size); i < end; i++)
                peak = Math.max(peak, Math.abs(samples[i]));
        peaks[at] = Math.min(1, peak);
        if (at % 64 === 0 && performance.now() > until) {
            await pause();
            until = performance.now() + SLICE;
        }
    }
    return peaks;
}

/** When the page has nothing else to do; soon in any case. @returns {Promise<void>} */
const idle = () =>
    new Promise((resolve) => {
        if (typeof requestIdleCallback === 'function')
            requestIdleCallback(() => resolve(undefined), {timeout: 300});
        else setTimeout(resolve, 30);
    });

export class Waveform extends EventTarget {
    /** Of the finest level and of coarser ones; none: not there yet. @type {Float32Array[]} */
    levels = [];
    #closed = false;

    /**
     * @param {() => Promise<ArrayBuffer>} song the bytes of its file
     * @param {number} duration ms
     */
    async load(song, duration) {
        if (!(duration > 0) || duration > LONGEST) return;
        await idle();
        try {
            if (this.#closed) return;
            const peaks = await peaksOf(await song(), idle);
            if (this.#closed) return;
            this.levels = levelsOf(peaks);
            this.dispatchEvent(new Event('change'));
        } catch {
            // What cannot be decoded whole may still be played; the timeline is empty behind its objects then.
        }
    }

    close() {
        this.#closed = true;
    }

    /**
     * Draws it around a line, as one shape.
     * @param {CanvasRenderingContext2D} context
     * @param {{from: number, to: number, scale: number, middle: number, reach: number}} view ms of what is seen, px a ms,
     * px of the line, and px of a peak of 1
     */
    draw(context, {from, to, scale, middle, reach}) {
        if (this.levels.length === 0) return;
        // Peaks stand where they are in the song, so that they do not flicker as it runs past.
        const level = Math.max(0, Math.min(this.levels.length - 1, Math.ceil(Math.log2(2 / (STEP * scale)))));
        const peaks = this.levels[level];
        const step = STEP * 2 ** level;
        const first = Math.max(0, Math.floor(from / step));
        const last = Math.min(peaks.length, Math.ceil(to / step) + 1);
        if (last <= first) return;
        const x = (/** @type {number} */ at) => ((at + 0.5) * step - from) * scale;
        context.beginPath();
        context.moveTo(x(first), middle);
        for (let at = first; at < last; at++) context.lineTo(x(at), middle - peaks[at] * reach);
        for (let at = last - 1; at >= first; at--) context.lineTo(x(at), middle + peaks[at] * reach);
        context.fill();
    }
}

/** @param {Float32Array} finest */
function levelsOf(finest) {
    const levels = [finest];
    for (let level = 1; level < LEVELS; level++) {
        const before = levels[level - 1];
        const peaks = new Float32Array(Math.ceil(before.length / 2));
        for (let at = 0; at < before.length; at++) peaks[at >> 1] = Math.max(peaks[at >> 1], before[at]);
        levels.push(peaks);
    }
    return levels;
}
