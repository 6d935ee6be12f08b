/**
 * Hit sounds. They are told to the sound card a moment ahead, each at the instant at which the song will have
 * come to it, so that they lie on the beat however unevenly the page's own timers run. The map's samples are
 * used where it has them; what it leaves to the game is synthesised.
 *
 *     const sounds = new Sounds(player, (name) => engine.bytes(`sessions/${id}/files/${name}`));
 *     sounds.setScene(scene);
 *     sounds.volume = 0.6;
 *
 * It follows the player by itself. The browser is asked for sound only when playing begins: before a key or a
 * click it would refuse.
 *
 * @typedef {import("./types.js").Scene} Scene
 * @typedef {import("./types.js").HitSound} HitSound
 * @typedef {import("./types.js").SampleSet} SampleSet
 * @typedef {import("./synth.js").SoundKind} SoundKind
 * @typedef {{time: number, until: number, volume: number, own: string, set: SampleSet, kind: SoundKind}} Cue
 * a sound that starts at a time; `until`: of loops, otherwise 0; `own`: the map's file, or ""
 * @typedef {{time: number, heard: number}} Now the player's time, ms, and the time of the sound card that is heard then, s
 */
import {lowerBound} from './scene.js';
import {synthesise} from './synth.js';

/**
 * How far ahead sounds are given to the sound card, ms, and how often. Timers of a tab behind others run
 * once a second.
 */
const AHEAD = 160,
    EVERY = 40,
    AHEAD_HIDDEN = 1300;
/** A sound that comes later than this is left out, ms. */
const LATE = 25;
/** The game lets no sound be quieter than this. */
const LEAST = 0.05;
/** How the parts stand to each other. */
const GAINS = {
    hitnormal: 0.8,
    hitwhistle: 0.7,
    hitfinish: 0.8,
    hitclap: 0.75,
    slidertick: 0.5,
    sliderslide: 0.16,
    sliderwhistle: 0.16,
};

export class Sounds {
    /**
     * @param {import("./player.js").Player} player
     * @param {(name: string) => Promise<ArrayBuffer>} load a sample of the map
     */
    constructor(player, load) {
        this.player = player;
        this.load = load;
        /** ms that sounds come earlier; for loudspeakers whose delay the browser does not know. */
        this.offset = 0;
        this.loudness = 0.6;
        this.on = true;
        /** @type {Cue[]} */
        this.cues = [];
        /** @type {Float64Array} */
        this.times = new Float64Array(0);
        /** @type {Map<string, Promise<ArrayBuffer | null>>} */
        this.files = new Map();
        /** A file's buffer, null where it is silent or broken. @type {Map<string, AudioBuffer | null>} */
        this.buffers = new Map();
        /** @type {AudioContext | null} */
        this.context = null;
        /** @type {GainNode | null} */
        this.master = null;
        /** Sounds that were given, and when they can no longer be taken back. @type {Map<AudioBufferSourceNode, number>} */
        this.given = new Map();
        this.next = 0;
        this.timer = 0;
        this.waits = 0;
        /** The context's time less the page's, s, as it leaves the loudspeaker. */
        this.skew = NaN;
        for (const name of ['play', 'pause', 'seek', 'rate', 'load'])
            player.addEventListener(name, () => this.follow());
        // Hidden, a page's timers slow down at once: enough has to be given before that.
        document.addEventListener('visibilitychange', () => {
            if (this.timer) this.giveAhead();
        });
    }

    /** @param {Scene} scene */
    setScene(scene) {
        this.stop();
        this.cues = cuesOf(scene);
        this.times = Float64Array.from(this.cues, ({time}) => time);
        this.files.clear();
        this.buffers.clear();
        for (const name of new Set(this.cues.map(({own}) => own))) {
            if (name)
                this.files.set(
                    name,
                    this.load(name).catch(() => null),
                );
        }
        this.decode();
        this.follow();
    }

    get volume() {
        return this.loudness;
    }
    set volume(volume) {
        this.loudness = Math.min(1, Math.max(0, volume));
        if (this.master && this.context)
            this.master.gain.setTargetAtTime(this.loudness ** 1.5, this.context.currentTime, 0.01);
    }

    get enabled() {
        return this.on;
    }
    set enabled(on) {
        this.on = on;
        this.follow();
    }

    /** Begins anew from where the player is, or stops. */
    follow() {
        this.stop();
        if (!this.player.playing || !this.on || !this.cues.length) return;
        if (!this.context) this.open();
        const {context} = this;
        if (!context) return;
        if (context.state !== 'running') {
            // Its time stands still until the sound card is ready: nothing can be given for an instant yet.
            const waited = ++this.waits;
            void context.resume().then(() => waited === this.waits && this.follow());
            return;
        }
        const now = this.now();
        this.next = lowerBound(this.times, now.time - LATE);
        for (let i = 0; i < this.next; ++i) {
            if (this.cues[i].until > now.time + 20) this.give(this.cues[i], now);
        }
        this.timer = window.setInterval(() => this.giveAhead(), EVERY);
        this.giveAhead();
    }

    stop() {
        window.clearInterval(this.timer);
        this.timer = 0;
        // What has been struck rings on; what is held ends.
        const now = this.context ? this.context.currentTime : 0;
        for (const [source, final] of this.given) if (final > now) source.stop();
        this.given.clear();
    }

    open() {
        if (typeof AudioContext !== 'function') return;
        this.context = new AudioContext({latencyHint: 'interactive'});
        this.master = this.context.createGain();
        this.master.gain.value = this.loudness ** 1.5;
        this.master.connect(this.context.destination);
        this.decode();
    }

    /** Turns the map's files into sound; one that is empty mutes what it stands for, as mappers use it. */
    decode() {
        const {context} = this;
        if (!context) return;
        for (const [name, file] of this.files) {
            void file
                .then((bytes) => (bytes && bytes.byteLength ? context.decodeAudioData(bytes.slice(0)) : null))
                .catch(() => null)
                .then((buffer) => this.files.get(name) === file && this.buffers.set(name, buffer));
        }
    }

    /** Gives all that will be heard soon. */
    giveAhead() {
        const now = this.now();
        const ahead = now.time + (document.hidden ? AHEAD_HIDDEN : AHEAD) * this.player.rate;
        // Behind the end of a loop nothing is heard: the player goes back before that.
        const {loop} = this.player;
        const until = loop && now.time < loop[1] ? Math.min(ahead, loop[1]) : ahead;
        for (; this.next < this.cues.length && this.times[this.next] < until; ++this.next)
            this.give(this.cues[this.next], now);
    }

    /**
     * @param {Cue} cue
     * @param {Now} now
     */
    give(cue, now) {
        const {context, master} = this;
        if (!context || !master) return;
        const buffer = this.buffer(cue);
        if (!buffer) return;
        const instant = this.instantOf(cue.until ? Math.max(cue.time, now.time) : cue.time, now);
        const late = (context.currentTime - instant) * 1000;
        if (late > LATE && !cue.until) return;
        const source = context.createBufferSource(),
            gain = context.createGain();
        source.buffer = buffer;
        gain.gain.value = Math.max(LEAST, cue.volume / 100) * GAINS[cue.kind];
        source.connect(gain).connect(master);
        source.start(Math.max(instant, context.currentTime));
        if (cue.until) {
            source.loop = true;
            source.stop(this.instantOf(cue.until, now));
        }
        this.given.set(source, cue.until ? Infinity : instant);
        source.onended = () => {
            this.given.delete(source);
            gain.disconnect();
        };
    }

    /**
     * One moment by both clocks; read together, for whatever is done in between takes time.
     * @returns {Now}
     */
    now() {
        const time = this.player.time;
        const page = performance.now() / 1000;
        const skew = heardTime(/** @type {AudioContext} */ (this.context), page) - page;
        // The browser's figure trembles; a rhythm must not.
        this.skew = Math.abs(skew - this.skew) < 0.02 ? this.skew + (skew - this.skew) * 0.05 : skew;
        return {time, heard: page + this.skew};
    }

    /**
     * The context's time, s, at which a moment of the map is heard.
     * @param {number} moment ms
     * @param {Now} now
     */
    instantOf(moment, now) {
        return now.heard + ((moment - now.time) / this.player.rate - this.offset) / 1000;
    }

    /** @param {Cue} cue @returns {AudioBuffer | null} */
    buffer({own, set, kind}) {
        // Until a file is there, the synthesised sound stands in for it.
        if (own && this.buffers.has(own)) return this.buffers.get(own) ?? null;
        const context = /** @type {AudioContext} */ (this.context),
            key = `/${set}-${kind}`;
        let buffer = this.buffers.get(key);
        if (!buffer) {
            const samples = synthesise(set, kind, context.sampleRate);
            buffer = context.createBuffer(1, samples.length, context.sampleRate);
            buffer.getChannelData(0).set(samples);
            this.buffers.set(key, buffer);
        }
        return buffer;
    }
}

/**
 * The time of the context that leaves the loudspeaker now, s: what was given a little while ago.
 * @param {AudioContext} context
 * @param {number} page now, s
 */
function heardTime(context, page) {
    const heard = context.getOutputTimestamp?.();
    if (heard?.performanceTime && heard.contextTime)
        return heard.contextTime + page - heard.performanceTime / 1000;
    return context.currentTime - (context.outputLatency || context.baseLatency || 0);
}

/**
 * Everything that is heard in a map, in the order of time.
 * @param {Scene} scene
 * @returns {Cue[]}
 */
export function cuesOf(scene) {
    const names = new Map(scene.samples.map((name) => [name.toLowerCase().replace(/\.[^.]*$/, ''), name]));
    // Samples of index 1 have no number in their names, 0 means the game's own.
    const own = (/** @type {SampleSet} */ set, /** @type {SoundKind} */ kind, /** @type {number} */ index) =>
        index < 1 ? '' : (names.get(`${set}-${kind}${index > 1 ? index : ''}`) ?? '');
    /** @type {Cue[]} */
    const cues = [];
    const add = (
        /** @type {number} */ time,
        /** @type {SampleSet} */ set,
        /** @type {SoundKind} */ kind,
        /** @type {number} */ index,
        /** @type {number} */ volume,
        until = 0,
    ) => cues.push({time, until, volume, set, kind, own: own(set, kind, index)});
    const addHit = (
        /** @type {HitSound} */ {time, set, addition, whistle, finish, clap, index, volume, file, tick},
    ) => {
        add(time, set, tick ? 'slidertick' : 'hitnormal', index, volume);
        if (file) cues[cues.length - 1].own = file;
        if (whistle) add(time, addition, 'hitwhistle', index, volume);
        if (finish) add(time, addition, 'hitfinish', index, volume);
        if (clap) add(time, addition, 'hitclap', index, volume);
    };
    for (const {time, end, sounds, tickSounds = [], slide} of scene.objects) {
        for (const sound of sounds) addHit(sound);
        for (const sound of tickSounds) addHit({...sound, tick: true});
        if (!slide || end - time < 20) continue;
        add(time, slide.set, 'sliderslide', slide.index, slide.volume, end);
        if (slide.whistle) add(time, slide.set, 'sliderwhistle', slide.index, slide.volume, end);
    }
    return cues.sort((a, b) => a.time - b.time);
}
