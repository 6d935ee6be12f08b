/**
 * The clocks that a player runs by: that of a song's audio element, a silent one with the same interface, and one that goes on in
 * silence where a map is longer than its song. Times are ms of the map.
 */

/** A clock that runs in the player's hands: the song's, or the silent one. */
export class SilentClock {
    /** @param {number} duration ms */
    constructor(duration) {
        this.duration = duration;
        this.playing = false;
        this.from = 0;
        this.since = 0;
        this.speed = 1;
        this.volume = 1;
    }

    get time() {
        const time = this.playing ? this.from + (performance.now() - this.since) * this.speed : this.from;
        return Math.min(time, this.duration);
    }
    get ended() {
        return this.time >= this.duration;
    }
    get rate() {
        return this.speed;
    }
    set rate(rate) {
        this.seek(this.time);
        this.speed = rate;
    }
    async play() {
        if (this.playing) return;
        this.since = performance.now();
        this.playing = true;
    }
    pause() {
        this.from = this.time;
        this.playing = false;
    }
    /** @param {number} time */
    seek(time) {
        this.from = time;
        this.since = performance.now();
    }
    close() {
        this.playing = false;
    }
}

/** Told time and shown time may differ by so much before the shown one jumps, ms. */
const JUMP = 80;
/** Nor does the shown one run on by more than this where the told one stands, ms of the song at full rate. */
const RUN_ON = 50;
/** How much of a smaller difference each new told time takes away. */
const PULL = 0.12;

export class SongClock {
    /** @param {HTMLAudioElement} audio */
    constructor(audio) {
        this.audio = audio;
        /** What the element told last. */
        this.told = -1;
        /** The point that even time is counted from, and the latest time given. */
        this.anchor = 0;
        this.anchoredAt = 0;
        this.latest = 0;
        /** Whether the told time has moved since playing began: the first sound may take a tenth of a second. */
        this.moving = false;
    }

    get duration() {
        return Number.isFinite(this.audio.duration) ? this.audio.duration * 1000 : 0;
    }
    get playing() {
        return !this.audio.paused && !this.audio.ended;
    }
    get ended() {
        return this.audio.ended;
    }
    get rate() {
        return this.audio.playbackRate;
    }
    set rate(rate) {
        this.settle(this.time);
        this.audio.playbackRate = rate;
    }
    get volume() {
        return this.audio.volume;
    }
    set volume(volume) {
        this.audio.volume = volume;
    }

    get time() {
        const told = this.audio.currentTime * 1000;
        // While the element waits for data or seeks, its time stands still, and so does ours.
        if (!this.playing || this.audio.seeking || this.audio.readyState < 3) {
            this.settle(told);
            return told;
        }
        if (!this.moving) {
            if (told === this.told) return told;
            this.settle(told);
            this.moving = true;
            return told;
        }
        const now = performance.now();
        const even = this.give(this.anchor + (now - this.anchoredAt) * this.audio.playbackRate);
        if (told === this.told) return even;
        this.told = told;
        this.anchoredAt = now;
        const ahead = told - even;
        if (Math.abs(ahead) > JUMP) return (this.latest = this.anchor = told);
        this.anchor = even + ahead * PULL;
        return this.give(this.anchor);
    }

    /**
     * A step back is seen, a clock that waits for a moment is not; and one whose element has stalled waits, too.
     * @param {number} time
     */
    give(time) {
        this.latest = Math.max(this.latest, Math.min(time, this.told + RUN_ON * this.audio.playbackRate));
        return this.latest;
    }

    play() {
        return this.audio.play();
    }
    pause() {
        this.audio.pause();
    }
    /** @param {number} time */
    seek(time) {
        this.audio.currentTime = Math.max(0, time) / 1000;
        this.settle(Math.max(0, time));
    }
    close() {
        this.audio.pause();
        this.audio.removeAttribute('src');
        this.audio.load();
    }
    /** @param {number} time */
    settle(time) {
        this.told = this.anchor = this.latest = time;
        this.anchoredAt = performance.now();
        this.moving = false;
    }
}

/** The song's clock as far as the song goes; a silent one before its beginning and from its end to that of the map. */
export class LongClock {
    /** @param {HTMLAudioElement} audio @param {number} length of the map, ms */
    constructor(audio, length) {
        this.audio = audio;
        this.song = new SongClock(audio);
        this.length = length;
        this.lead = new SilentClock(0);
        this.tail = new SilentClock(length);
        /** The silent clock that the time is told by; null: the song's. @type {SilentClock | null} */
        this.silent = null;
        /** Whether it runs, in any of the three. */
        this.running = false;
    }

    get duration() {
        return Math.max(this.song.duration, this.length);
    }
    get playing() {
        this.#step();
        return this.running;
    }
    get ended() {
        this.#step();
        return this.silent === this.tail ? this.tail.ended : this.song.ended;
    }
    get rate() {
        return this.song.rate;
    }
    set rate(rate) {
        this.lead.rate = this.song.rate = this.tail.rate = rate;
    }
    get volume() {
        return this.song.volume;
    }
    set volume(volume) {
        this.song.volume = volume;
    }
    get time() {
        this.#step();
        return (this.silent ?? this.song).time;
    }
    /** The latest time that was given, for when the song breaks. */
    get latest() {
        return this.silent?.time ?? this.song.latest;
    }

    /** The song begins where the silence before it ends; from its end the silent clock runs on. */
    #step() {
        if (!this.running) return;
        if (this.silent === this.lead && this.lead.ended) this.#hear(0);
        if (this.silent || !this.song.ended || this.song.duration >= this.length) return;
        // The shown time may have run on a little before the element said that it has ended.
        this.#goSilent(this.tail, Math.max(this.song.duration, this.song.latest));
    }

    /** @param {SilentClock} clock @param {number} time */
    #goSilent(clock, time) {
        this.silent = clock;
        clock.seek(time);
        if (this.running) void clock.play();
    }

    /** @param {number} time */
    #hear(time) {
        this.silent = null;
        this.song.seek(time);
        if (this.running && !this.song.playing) void this.song.play().catch(() => {});
    }

    async play() {
        this.running = true;
        if (this.silent) return this.silent.play();
        try {
            await this.song.play();
        } catch (error) {
            this.running = this.silent !== null || this.song.playing;
            throw error;
        }
    }
    pause() {
        this.#step();
        this.running = false;
        for (const clock of [this.lead, this.song, this.tail]) clock.pause();
    }
    /** @param {number} time */
    seek(time) {
        this.lead.pause();
        this.tail.pause();
        const beyond = time >= this.song.duration && this.song.duration < this.length;
        if (time >= 0 && !beyond) return this.#hear(time);
        this.song.pause();
        if (time < 0) this.song.seek(0);
        this.#goSilent(time < 0 ? this.lead : this.tail, time);
    }
    close() {
        this.running = false;
        for (const clock of [this.lead, this.tail, this.song]) clock.close();
    }
}
