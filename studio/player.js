/**
 * Plays the song and says what time it is. The audio element is the only clock; between the moments at which
 * it tells its time anew (every few ms in some browsers, every few dozen in others) the time goes on evenly.
 * A map without audio, or with audio that the browser cannot play, gets a clock that is silent and otherwise
 * the same; so does what a map has before its song and behind the end of it.
 *
 *     const player = new Player();
 *     await player.load((await session.file('audio')).url, scene.length);   // or load(null, scene.length)
 *     player.play(); player.seek(1200); player.rate = 0.75; player.loop = [5000, 9000];
 *     player.time        // ms, for drawing
 *
 * Emits "play", "pause", "seek", "rate", "loop", "volume", "load", "ended", and "problem" (a CustomEvent with
 * a message) when the song cannot be played.
 */
import {LongClock, SilentClock} from './clocks.js';

export const RATES = {
    least: 0.25,
    most: 1.5,
};
/** How often the end of a loop is looked for, ms; frames look, too. */
const WATCH = 30;

export class Player extends EventTarget {
    constructor() {
        super();
        /** @type {SilentClock | LongClock} */
        this.clock = new SilentClock(0);
        /** Where the time begins, ms: below 0 where a map begins before its song. */
        this.begin = 0;
        /** Whether a song is heard. */
        this.audible = false;
        /** @type {[number, number] | null} */
        this.section = null;
        this.loudness = 1;
        this.speed = 1;
        this.loads = 0;
        this.watch = 0;
    }

    /**
     * Loads a song; resolves when it can be played, or when the silent clock has taken its place.
     * @param {string | null} url null: the map has no audio
     * @param {number} length of the map, ms: the silent clock's, and where the time ends if the song ends earlier
     * @param {number} [begin] of the map, ms: where the time begins if that is before the song
     */
    async load(url, length, begin = 0) {
        const load = ++this.loads;
        this.pause();
        this.begin = Math.min(0, begin);
        this.clock.close();
        this.section = null;
        this.audible = false;
        this.clock = new SilentClock(length);
        if (url !== null) {
            const audio = new Audio();
            const problem = await opened(audio, url);
            if (load !== this.loads) return; // another map was opened meanwhile
            if (problem) this.dispatchEvent(new CustomEvent('problem', {detail: problem}));
            else this.useSong(audio, length);
        }
        this.clock.rate = this.speed;
        this.clock.volume = this.loudness;
        this.emit('load');
    }

    /** @param {HTMLAudioElement} audio @param {number} length */
    useSong(audio, length) {
        audio.preservesPitch = true;
        const clock = (this.clock = new LongClock(audio, length));
        this.audible = true;
        audio.addEventListener('ended', () => this.look());
        // The system (a headset's button, another tab's sound) may stop the song, too.
        audio.addEventListener('pause', () => {
            const paused = audio.paused && !audio.ended && !clock.silent;
            if (this.clock === clock && paused) this.pause();
        });
        audio.addEventListener('error', () => {
            if (this.clock !== clock) return;
            const time = clock.latest;
            this.clock = new SilentClock(length);
            this.clock.seek(time);
            this.clock.rate = this.speed;
            this.audible = false;
            this.dispatchEvent(
                new CustomEvent('problem', {detail: 'The song stopped: its file could not be read on.'}),
            );
            this.stopped();
        });
    }

    /** ms of the map; what is drawn and heard follows it. */
    get time() {
        const time = this.clock.time;
        return this.section && this.playing && time >= this.section[1] ? this.wrap() : time;
    }
    get duration() {
        return this.clock.duration;
    }
    get playing() {
        return this.watch !== 0;
    }

    get rate() {
        return this.speed;
    }
    set rate(rate) {
        this.speed = Math.min(RATES.most, Math.max(RATES.least, rate));
        this.clock.rate = this.speed;
        this.emit('rate');
    }

    get volume() {
        return this.loudness;
    }
    set volume(volume) {
        this.loudness = Math.min(1, Math.max(0, volume));
        this.clock.volume = this.loudness;
        this.emit('volume');
    }

    /** The section that is played over and over. */
    get loop() {
        return this.section;
    }
    set loop(section) {
        this.section = section && section[1] - section[0] >= 100 ? section : null;
        this.emit('loop');
    }

    async play() {
        if (this.playing) return;
        if (this.clock.ended) this.seek(this.section ? this.section[0] : this.begin);
        this.watch = window.setInterval(() => this.look(), WATCH);
        this.emit('play');
        try {
            await this.clock.play();
        } catch (error) {
            // A pause that comes before playing has begun is no problem.
            if (!(error instanceof DOMException && error.name === 'AbortError')) {
                this.dispatchEvent(
                    new CustomEvent('problem', {detail: 'The browser did not let the song play.'}),
                );
            }
            if (!this.clock.playing) this.stopped();
        }
    }

    pause() {
        this.clock.pause();
        this.stopped();
    }

    toggle() {
        if (this.playing) this.pause();
        else void this.play();
    }

    /** @param {number} time ms */
    seek(time) {
        this.clock.seek(Math.max(this.begin, Math.min(time, this.duration || time)));
        this.emit('seek');
    }

    /** Back to the loop's beginning; gives the new time. */
    wrap() {
        const [from] = /** @type {[number, number]} */ (this.section);
        this.seek(from);
        return Math.max(this.begin, from);
    }

    /** What has to happen even where no frame is drawn, as in a tab behind others. */
    look() {
        if (!this.playing) return;
        if (this.section && this.clock.time >= this.section[1]) this.wrap();
        if (!this.clock.ended) return;
        if (this.section) {
            this.wrap();
            void this.clock.play();
            return;
        }
        this.pause();
        this.emit('ended');
    }

    /** Playing is over, whoever ended it. */
    stopped() {
        if (!this.playing) return;
        // A looped song that came to its end is started again by look().
        if (this.section && this.clock.ended) return;
        window.clearInterval(this.watch);
        this.watch = 0;
        this.emit('pause');
    }

    /** @param {string} name */
    emit(name) {
        this.dispatchEvent(new Event(name));
    }
}

/**
 * Resolves to undefined once the element knows the song, or to what is wrong.
 * @param {HTMLAudioElement} audio
 * @param {string} url
 * @returns {Promise<string | undefined>}
 */
function opened(audio, url) {
    return new Promise((resolve) => {
        audio.preload = 'auto';
        audio.addEventListener('loadedmetadata', () => resolve(undefined), {once: true});
        audio.addEventListener(
            'error',
            () => resolve('This browser cannot play the song; the map plays without it.'),
            {once: true},
        );
        audio.src = url;
    });
}
